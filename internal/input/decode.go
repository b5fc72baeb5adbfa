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

// Validator is a struct of inputs that knows rules over more than one of them.
type Validator interface{ Validate() []error }

// Decode fills the struct that dst points to and returns every problem found,
// each a [fault.Error] that names its input.
//
// A field's tag `env:"RESOURCE_TYPE, default=…"` gives the input resource-type
// and its default; `required:"true"` says that it must be set;
// `from:"A,B"` and `azure:"A,B"` name environment variables that stand in for
// an input that is not set, the latter on Azure Pipelines alone; `loose:"A,B"` does
// so outside strict mode, for what decides whom to trust. A string that
// has azure and no env is no input but that variable itself, for a default that
// serves only some of a step's uses. Embedded structs are decoded like dst. If
// dst is a [Validator] it is asked last, and what it says of fields that could
// not be read is left out.
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

// reading is a field and what was given for it.
type reading struct {
	tagged
	given   string
	ok      bool // something was given
	wanted  bool // and is to be decoded, or the default is
	problem error
}

func (s *Source) readAll(dst any) []*reading {
	var all []*reading
	for _, field := range fields(reflect.ValueOf(dst).Elem()) {
		if nameOf(field.StructField) == "" {
			field.value.SetString(s.agentVariable(field.StructField))
			continue
		}
		r := &reading{tagged: field}
		r.given, r.ok = s.lookup(field.StructField)
		r.wanted, r.problem = r.check()
		all = append(all, r)
	}
	return all
}

// check finds what is wrong with the text itself.
func (r *reading) check() (wanted bool, problem error) {
	name := nameOf(r.StructField)
	switch {
	case !r.ok && r.Tag.Get("required") == "true":
		return false, Missing(name)
	case !r.ok: // go-envconfig would hand "" to the decoder
		return strings.Contains(r.Tag.Get("env"), "default="), nil
	// JSON would carry another text, which a later look for it would not find.
	case !isSecret(r.Type) && !utf8.ValidString(r.given):
		return false, fault.Input(name, name+": write it in UTF-8", "%s: %s is not UTF-8", name, Quote(r.given))
	}
	return true, nil
}

// decode has go-envconfig decode some fields, all or none.
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

func (s *Source) lookup(field reflect.StructField) (string, bool) {
	if value, ok := s.Value(nameOf(field)); ok {
		return value, true
	}
	if value, ok := s.first(field.Tag.Get("from")); ok {
		return value, true
	}
	if value, ok := s.first(field.Tag.Get("loose")); ok && !s.strict {
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

// key is what go-envconfig looks a field up by.
func key(field reflect.StructField) string {
	key, _, _ := strings.Cut(field.Tag.Get("env"), ",")
	return key
}

// nameOf is the input's name as a user types it.
func nameOf(field reflect.StructField) string {
	return strings.ToLower(strings.ReplaceAll(key(field), "_", "-"))
}

// explain turns a decoder's error into one that names the input. The text of
// go-envconfig's own errors holds the raw value, so only ours is passed on.
func (r *reading) explain(err error) error {
	if err == nil {
		return nil
	}
	var m *mistake
	if !errors.As(err, &m) {
		m = &mistake{hint: "give a value of the right type"}
	}
	name := nameOf(r.StructField)
	if isSecret(r.Type) {
		return fault.Input(name, name+": "+m.hint, "%s is not valid", name)
	}
	return Wrong(name, r.given, m.hint)
}

func isSecret(t reflect.Type) bool { return t == reflect.TypeFor[Secret]() }
