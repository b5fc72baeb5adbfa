//go:build unix

package main

import (
	"errors"
	"fmt"
	"strings"
)

// The names of the figures with a target.
const (
	binarySize = "size of the binary"
	startMs    = "`azstep version`"
	startPlain = "a Go program that links net/http and prints a line"
	startRatio = "start: `azstep version` / that program"
	mintMemory = "peak memory of mint-pat"
	execRate   = "output of a command through `exec`"
	catRate    = "the same output through an additional `cat`"
	execRatio  = "speed: `exec` / additional `cat`"

	terminalRate    = "output of a command on a terminal, through `exec`"
	terminalCatRate = "the same output without `exec`"
	terminalRatio   = "speed on a terminal: with `exec` / without"

	stepRatio     = "step of the action, `version` / empty script"
	stepMintRatio = "step of the action, mint-pat / script with azure-devops-node-api"

	imageAction    = "azstep:dev"
	imagePipelines = "azstep:dev-pipelines"
	imageEmulator  = "azstep:dev-emulator"

	redactRandom  = "redactor, 1,000 secrets"
	redactPrefix  = "redactor, 1,000 secrets with the same beginning"
	redactShort   = "redactor, 1,000 secrets, one of 4 bytes"
	policyTime    = "check of 10,000 resources / ideal time"
	policyMemory  = "peak memory of that check"
	ensureTime    = "policy that changes 5,000 of 10,000 resources / ideal time"
	ensureMemory  = "peak memory of that change"
	keylessOfThem = "keyless run / its requests one after the other"
)

func mintBeside(contestant, roots string, latency int) string {
	return fmt.Sprintf("mint-pat / %s, %d ms, roots: %s", contestant, latency, roots)
}

// target is the bound of a figure. Without either bound the figure is only printed.
type target struct {
	name, unit  string
	most, least float64
}

func targets() []target {
	all := []target{
		{name: binarySize, unit: "MB", most: 10},
		{name: startMs, unit: "ms"}, {name: startPlain, unit: "ms"}, {name: startRatio, most: 1.5},
		{name: mintMemory, unit: "MiB", most: 16},
		{name: stepRatio, most: 1.35}, {name: stepMintRatio, most: 0.6},
	}
	for _, roots := range []string{caFile, systems} {
		all = append(all, target{name: mintBeside(plain, roots, 0), most: 1.25}, target{name: mintBeside(plain, roots, 40), most: 1.03},
			target{name: mintBeside(curl, roots, 0), most: 0.6})
	}
	return append(all,
		target{name: execRate, unit: "MB/s"}, target{name: catRate, unit: "MB/s"}, target{name: execRatio, least: 0.5},
		target{name: terminalRate, unit: "MB/s"}, target{name: terminalCatRate, unit: "MB/s"}, target{name: terminalRatio, least: 0.4},
		target{name: redactRandom, unit: "MB/s", least: 1200}, target{name: redactPrefix, unit: "MB/s", least: 1200},
		target{name: redactShort, unit: "MB/s", least: 400},
		target{name: policyTime, most: 1.25}, target{name: policyMemory, unit: "MiB", most: 64},
		target{name: ensureTime, most: 1.25}, target{name: ensureMemory, unit: "MiB", most: 64},
		target{name: keylessOfThem, most: 0.65},
		target{name: "image " + imageAction, unit: "MB"}, target{name: "image " + imagePipelines, unit: "MB"},
		target{name: "image " + imageEmulator, unit: "MB"},
	)
}

func (t target) bound() string {
	switch {
	case t.most > 0:
		return strings.TrimSpace("<= " + short(t.most) + " " + t.unit)
	case t.least > 0:
		return strings.TrimSpace(">= " + short(t.least) + " " + t.unit)
	}
	return ""
}

// judged holds the figures by the names of their targets.
type judged struct{ figures map[string]float64 }

func (j *judged) met(name string, value float64) { j.figures[name] = value }

func (j *judged) table() [][]string {
	rows := [][]string{{"", "measured", "target"}}
	for _, t := range targets() {
		measured := "not measured"
		if value, ok := j.figures[t.name]; ok {
			measured = strings.TrimSpace(short(value) + " " + t.unit)
		}
		rows = append(rows, []string{t.name, measured, t.bound()})
	}
	return rows
}

// verdict returns an error that names the targets that were missed. A figure that
// could not be measured here is not missed.
func (j *judged) verdict() error {
	var missed []string
	for _, t := range targets() {
		value, ok := j.figures[t.name]
		if ok && (t.most > 0 && !(value <= t.most) || t.least > 0 && !(value >= t.least)) {
			missed = append(missed, t.name)
		}
	}
	if len(missed) > 0 {
		return errors.New("the target is missed: " + strings.Join(missed, "; "))
	}
	return nil
}
