package input

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/azstep/azstep/internal/fault"

	"github.com/sethvargo/go-envconfig"
)

// Validator is a struct of inputs with rules that concern more than one of them.
type Validator interface{ Validate() []error }

// Decode fills the struct that dst points to and returns all problems, each a
// [fault.Error] that names its input.
//
// Tags of a field: `env:"RESOURCE_TYPE, default=…"` names the input resource-type
// and its default. `required:"true"` makes it required. `from:"A,B"` and
// `azure:"A,B"` name environment variables to use if the input is not set; azure
// ones count only on Azure Pipelines. `loose:"A,B"` does the same outside strict
// mode, for inputs that decide whom to trust. A string with azure but without env is
// not an input: it holds that variable itself, for a default that only some uses of
// a step need.
//
// Embedded structs are decoded like dst. If dst is a [Validator], it is called last,
// and its problems about fields that could not be read are dropped.
func (s *Source) Decode(ctx context.Context, dst any) []error {
	readings := s.readAll(dst)
	var sound []*reading
	for _, r := range readings {
		if r.wanted {
			sound = append(sound, r)
		}
	}
	if decode(ctx, sound) != nil { // go-envconfig stops at the first mistake, and all of them must be reported at once
		for _, r := range sound {
			r.problem = r.explain(decode(ctx, []*reading{r}))
		}
	}
	var problems []error
	for _, r := range readings {
		if r.problem != nil {
			problems = append(problems, r.problem)
		}
	}
	if v, ok := dst.(Validator); ok {
		problems = fault.Append(problems, v.Validate()...)
	}
	return problems
}

// Names returns the names of the inputs in the struct that dst points to, in its
// order.
func Names(dst any) []string {
	var names []string
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if field.name != "" {
			names = append(names, field.name)
		}
	}
	return names
}

// Required returns the names of the required inputs among them.
func Required(dst any) []string {
	var names []string
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if field.Tag.Get("required") == "true" {
			names = append(names, field.name)
		}
	}
	return names
}

// tagged is a struct field with one of our tags.
type tagged struct {
	reflect.StructField
	value reflect.Value
	name  string // of the input, as a user types it; empty if it is not an input
}

// fields returns the tagged fields of a struct and of its embedded structs.
func fields(v reflect.Value) []tagged {
	var all []tagged
	for i := range v.NumField() {
		field := v.Type().Field(i)
		switch {
		case field.Anonymous:
			all = append(all, fields(v.Field(i))...)
		case field.Tag.Get("env") != "" || field.Tag.Get("azure") != "":
			all = append(all, tagged{field, v.Field(i), nameOf(field)})
		}
	}
	return all
}

// reading is a field together with the value given for it.
type reading struct {
	tagged
	given   string
	ok      bool // a value was given
	wanted  bool // that value must be decoded; otherwise the default applies
	problem error
}

func (s *Source) readAll(dst any) []*reading {
	var all []*reading
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if field.name == "" {
			field.value.SetString(s.agentVariable(field.StructField))
			continue
		}
		r := &reading{tagged: field}
		r.given, r.ok = s.lookup(field)
		r.wanted, r.problem = r.check()
		all = append(all, r)
	}
	return all
}

// check finds problems that do not depend on the field's type.
func (r *reading) check() (wanted bool, problem error) {
	name := r.name
	switch {
	case !r.ok && r.Tag.Get("required") == "true":
		return false, Missing(name)
	case !r.ok: // go-envconfig would pass "" to the decoder
		return strings.Contains(r.Tag.Get("env"), "default="), nil
	// JSON replaces invalid UTF-8, so a later comparison with the original would
	// fail.
	case !isSecret(r.Type) && !utf8.ValidString(r.given):
		return false, fault.Input(name, name+": write it in UTF-8", "%s: %s is not UTF-8", name, Quote(r.given))
	}
	return true, nil
}

// decode lets go-envconfig decode some fields; it succeeds for all of them or for
// none.
func decode(ctx context.Context, some []*reading) error {
	shape, given := make([]reflect.StructField, len(some)), map[string]string{}
	for i, r := range some {
		shape[i] = reflect.StructField{Name: fmt.Sprintf("V%d", i), Type: r.Type, Tag: r.Tag}
		if r.ok {
			given[key(r.StructField)] = r.given
		}
	}
	values := reflect.New(reflect.StructOf(shape))
	if err := envconfig.ProcessWith(ctx, &envconfig.Config{Target: values.Interface(), Lookuper: envconfig.MapLookuper(given)}); err != nil {
		return err
	}
	for i, r := range some {
		r.value.Set(values.Elem().Field(i))
	}
	return nil
}

func (s *Source) lookup(field tagged) (string, bool) {
	if value, ok := s.Value(field.name); ok {
		return value, true
	}
	if value, ok := s.first(field.Tag.Get("from")); ok {
		return value, true
	}
	if value, ok := s.first(field.Tag.Get("loose")); ok && !s.strict {
		return value, true
	}
	value := s.agentVariable(field.StructField)
	return value, value != ""
}

// agentVariable returns the value of the agent's variable that is used if the input
// is not set.
func (s *Source) agentVariable(field reflect.StructField) string {
	if !s.azure {
		return ""
	}
	value, _ := s.first(field.Tag.Get("azure"))
	return value
}

// key returns the key that go-envconfig uses for a field.
func key(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return key
}

// nameOf returns the input's name as a user types it.
func nameOf(field reflect.StructField) string {
	return strings.ToLower(strings.ReplaceAll(key(field), "_", "-"))
}

// explain turns a decoder's error into one that names the input. go-envconfig's own
// error texts contain the raw value, so only ours are passed on.
func (r *reading) explain(err error) error {
	if err == nil {
		return nil
	}
	var m *mistake
	if !errors.As(err, &m) {
		m = &mistake{hint: "give a value of the right type"}
	}
	name := r.name
	if isSecret(r.Type) {
		return fault.Input(name, name+": "+m.hint, "%s is not valid", name)
	}
	return Wrong(name, r.given, m.hint)
}

func isSecret(t reflect.Type) bool { return t == reflect.TypeFor[Secret]() }
