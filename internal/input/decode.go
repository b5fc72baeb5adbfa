package input

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"azstep/internal/fault"
	"azstep/internal/pattern"

	"github.com/sethvargo/go-envconfig"
)

// Validator is a struct of inputs that knows rules over more than one of them.
type Validator interface{ Validate() []error }

// Decode fills the struct that dst points to and returns every problem found,
// each a [fault.Error] that names its input.
//
// A field's tag `env:"RESOURCE_TYPE, default=…"` gives the input resource-type
// and its default; `required:"true"` says that it must be set;
// `from:"A,B"` and `azure:"A,B"` name environment variables that stand in for
// an input that is not set, the latter on Azure Pipelines alone. A string that
// has azure and no env is no input but that variable itself, for a default that
// serves only some of a step's uses. Embedded structs are decoded like dst. If
// dst is a [Validator] it is asked last, and what it says of fields that could
// not be read is left out.
func (s *Source) Decode(ctx context.Context, dst any) []error {
	var problems []error
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if nameOf(field.StructField) == "" {
			field.value.SetString(s.agentVariable(field.StructField))
		} else if err := s.decodeField(ctx, field.StructField, field.value); err != nil {
			problems = append(problems, err)
		}
	}
	if v, ok := dst.(Validator); ok {
		problems = fault.Append(problems, v.Validate()...)
	}
	return problems
}

// Names are the inputs of the struct that dst points to, in its order.
func Names(dst any) []string {
	var names []string
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if name := nameOf(field.StructField); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// Required are those of them that must be set.
func Required(dst any) []string {
	var names []string
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if field.Tag.Get("required") == "true" {
			names = append(names, nameOf(field.StructField))
		}
	}
	return names
}

// tagged is a field with a tag of ours.
type tagged struct {
	reflect.StructField
	value reflect.Value
}

// fields are the tagged fields of a struct and of the structs embedded in it.
func fields(v reflect.Value) []tagged {
	var all []tagged
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case field.Anonymous:
			all = append(all, fields(v.Field(i))...)
		case field.Tag.Get("env") != "" || field.Tag.Get("azure") != "":
			all = append(all, tagged{field, v.Field(i)})
		}
	}
	return all
}

// decodeField hands go-envconfig one field at a time, because it stops at the
// first mistake and all of them must be reported at once.
func (s *Source) decodeField(ctx context.Context, field reflect.StructField, value reflect.Value) error {
	name := nameOf(field)
	given, ok := s.lookup(field)
	if !ok && field.Tag.Get("required") == "true" {
		return Missing(name)
	}
	if !ok && !strings.Contains(field.Tag.Get("env"), "default=") {
		return nil // go-envconfig would hand "" to the decoder
	}
	// JSON would carry another text, which a later look for it would not find.
	if !isSecret(field.Type) && !utf8.ValidString(given) {
		return fault.Input(name, name+": write it in UTF-8", "%s: %s is not UTF-8", name, Quote(given))
	}
	one := reflect.New(reflect.StructOf([]reflect.StructField{{Name: "V", Type: field.Type, Tag: field.Tag}}))
	err := envconfig.ProcessWith(ctx, &envconfig.Config{
		Target:   one.Interface(),
		Lookuper: lookuper{given, ok},
	})
	if err != nil {
		return problem(name, given, isSecret(field.Type), err)
	}
	value.Set(one.Elem().Field(0))
	return nil
}

func (s *Source) lookup(field reflect.StructField) (string, bool) {
	if value, ok := s.Value(nameOf(field)); ok {
		return value, true
	}
	if value, ok := s.first(field.Tag.Get("from")); ok {
		return value, true
	}
	value := s.agentVariable(field)
	return value, value != ""
}

// agentVariable is the value of the agent's variable that stands in for a field.
func (s *Source) agentVariable(field reflect.StructField) string {
	if !s.azure {
		return ""
	}
	value, _ := s.first(field.Tag.Get("azure"))
	return value
}

// lookuper answers one field's lookup.
type lookuper struct {
	value string
	ok    bool
}

func (l lookuper) Lookup(string) (string, bool) { return l.value, l.ok }

// nameOf is the input's name as a user types it.
func nameOf(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return strings.ToLower(strings.ReplaceAll(key, "_", "-"))
}

// Missing is the problem of a required input that is not set.
func Missing(name string) *fault.Error {
	return fault.Input(name, "set the input "+name, "%s is required", name)
}

// Wrong is the problem of an input whose value is not what hint asks for.
func Wrong(name, value, hint string) *fault.Error {
	return fault.Input(name, name+": "+hint, "%s: %s is not valid", name, Quote(value))
}

// userInfo is what stands before the host of a URL, and what a password with a
// slash or a blank in it makes of that. It is nothing before an @ without a colon:
// role@organization.
var userInfo = pattern.New(`(?s)(//|:).*@`)

// maxQuoted is how many characters of a foreign value are shown.
const maxQuoted = 80

// Quote shows a foreign value in a message: in quotes, without what may be a
// password in a URL, and its end left out when it is long. Whoever prints it hides
// what may be half a secret before the "…".
func Quote(value string) string {
	value = userInfo.ReplaceAllString(value, "$1***@")
	if r := []rune(value); len(r) > maxQuoted {
		value = string(r[:maxQuoted]) + "…"
	}
	return fmt.Sprintf("%q", value)
}

// problem turns a decoder's error into one that names the input. The text of
// go-envconfig's own errors holds the raw value, so only ours is passed on.
func problem(name, value string, secret bool, err error) error {
	var m *mistake
	if !errors.As(err, &m) {
		m = &mistake{hint: "give a value of the right type"}
	}
	if secret {
		return fault.Input(name, name+": "+m.hint, "%s is not valid", name)
	}
	return Wrong(name, value, m.hint)
}

func isSecret(t reflect.Type) bool { return t == reflect.TypeFor[Secret]() }
