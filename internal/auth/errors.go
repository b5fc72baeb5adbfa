package auth

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"unicode"

	"github.com/azstep/azstep/internal/fault"
	"github.com/azstep/azstep/internal/pattern"
)

// unreachable is the error of a request that no answer came to. Nothing that
// happens here can have minted anything, so that MaybeDone stays false.
func unreachable(ctx context.Context, doing string, err error) *fault.Error {
	var known *fault.Error
	switch {
	case ctx.Err() != nil:
		return ended(ctx, doing)
	case errors.As(err, &known):
		outer := *known
		outer.Err, outer.MaybeDone = fmt.Errorf("%s: %w", doing, known.Err), false
		return &outer
	case isTLS(err):
		return fault.New(fault.TLS, "%s: %w", doing, bare(err))
	}
	return fault.New(fault.Network, "%s: %w", doing, bare(err))
}

// ended is the error of a context that is over. Its cause says what the end
// stands for, where whoever ended it gave one.
func ended(ctx context.Context, doing string) *fault.Error {
	why := context.Cause(ctx)
	f := fault.New(fault.Cancelled, "%s: %w", doing, why)
	var known *fault.Error
	switch {
	case errors.As(why, &known):
		f.Code, f.Exit = known.Code, known.Exit
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		f.Code = fault.Timeout
	}
	return f
}

// isConnection says whether a connection failed in a way that another one may
// not.
func isConnection(err error) bool {
	var known *fault.Error
	if errors.As(err, &known) {
		return known.Code == fault.Network
	}
	return !isTLS(err)
}

// isTLS says whether the two sides could not agree on a safe connection, which
// they will not do another time either.
func isTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var alert tls.AlertError
	var notTLS tls.RecordHeaderError
	return errors.As(err, &certificate) || errors.As(err, &alert) || errors.As(err, &notTLS)
}

// bare takes off the layers that repeat method and address.
func bare(err error) error {
	for {
		var layer *url.Error
		if !errors.As(err, &layer) {
			return err
		}
		if layer.Timeout() && !isNet(layer.Err) {
			return errors.New("no answer in time")
		}
		err = layer.Err
	}
}

func isNet(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}

const maxClean = 300 // characters of foreign text in one message

// clean makes foreign text fit for a message: one line, printable, bounded.
// Whoever prints it still neutralises it for its host.
func clean(s string) string {
	s = strings.Map(func(r rune) rune {
		if r == unicode.ReplacementChar || !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, s)
	if runes := []rune(s); len(runes) > maxClean {
		s = string(runes[:maxClean]) + "…"
	}
	return strings.TrimSpace(s)
}

// firstLine is what foreign text says first, without the secrets that were
// sent, should it repeat one of them.
func firstLine(s string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) >= 4 {
			s = strings.ReplaceAll(s, secret, "***")
			s = strings.ReplaceAll(s, url.QueryEscape(secret), "***")
		}
	}
	line, _, _ := strings.Cut(strings.TrimLeft(s, "\r\n"), "\n")
	line, _, _ = strings.Cut(line, " Trace ID:") // Entra sometimes writes it all in one line
	return clean(line)
}

// requestIDForm keeps foreign text out of a place that is printed as it is.
var requestIDForm = pattern.New(`^[0-9A-Za-z:._-]{1,100}$`)

// requestID is the first of the candidates that looks like an id.
func requestID(candidates ...string) string {
	for _, id := range candidates {
		if requestIDForm.MatchString(id) {
			return id
		}
	}
	return ""
}
