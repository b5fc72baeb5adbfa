package transport

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
)

// Bounds limit how much of a list is read; 0 means the default.
type Bounds struct {
	Element int64 // bytes of one element: 8 MiB
	Total   int64 // bytes of the whole answer: 256 MiB
	Count   int   // elements of the whole answer: 250,000
	// Absent allows the list to be missing, which counts as empty.
	Absent bool
}

// List makes a call whose response is an object with an array under key, and passes
// the array to each, one element at a time, so that its size does not matter. The
// small members beside the array are decoded into the value that beside points to,
// if it is not nil; in it, [] stands for the array if the array is present. If each
// returns an error, List stops and returns it unchanged. If a response breaks off
// and the call is repeated, each does not get an element twice.
func List[T any](ctx context.Context, c *Caller, call Call, key string, beside any, each func(T) error) (Reply, error) {
	l := &list{key: key, into: beside, bounds: call.Bounds}
	l.hand = func() error {
		var element T
		if err := l.json.Decode(&element); err != nil {
			return err
		}
		l.handed++
		if l.refused = each(element); l.refused != nil {
			return errRefused
		}
		return nil
	}
	reply, err := c.send(ctx, call, l.read)
	if l.refused != nil {
		err = l.refused
	}
	return reply, err
}

// list reads one response, possibly in several attempts. It does not depend on the
// type of the elements, so that it is compiled only once.
type list struct {
	key     string
	into    any          // the members beside the list are decoded into it
	hand    func() error // decodes an element and passes it to each
	bounds  Bounds
	handed  int   // elements that each has received
	refused error // error returned by each

	body   body
	json   *json.Decoder
	index  int                        // index of the next element, in this attempt
	beside map[string]json.RawMessage // members beside the list, in this attempt
	room   int                        // bytes that these may still use
}

// errRefused stops reading when each returned an error.
var errRefused = errors.New("the caller ended the list")

// errShape is returned for JSON that is not an object with the list in it.
var errShape = errors.New("the response is not the documented list")

// maxBeside limits the members beside a list that are kept, in bytes.
const maxBeside = 64 << 10

func (l *list) read(b body) *failure {
	if f := b.wantJSON(); f != nil {
		return f
	}
	l.body, l.json, l.index = b, json.NewDecoder(b.in), 0
	l.beside, l.room = map[string]json.RawMessage{}, maxBeside
	err := l.object()
	if err == nil {
		err = l.others()
	}
	if err != nil {
		return l.failed(err)
	}
	return b.refusal(l.into)
}

// others decodes the members beside the list.
func (l *list) others() error {
	if l.into == nil {
		return nil
	}
	text, err := json.Marshal(l.beside)
	if err != nil {
		return err
	}
	return json.Unmarshal(text, l.into)
}

func (l *list) failed(err error) *failure {
	switch b := l.body; {
	case errors.Is(err, errRefused):
		return b.bad(never, "%w", err)
	case b.meter.err != nil:
		return b.brokeOff(b.meter.err)
	case errors.Is(err, ErrTooLarge):
		return b.bad(never, "%w", ErrTooLarge)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return b.bad(repeatable, "the response's JSON is incomplete")
	case errors.Is(err, errShape):
		return b.bad(never, "%w", err)
	default:
		return b.undecodable(err)
	}
}

// object reads the members around the list.
func (l *list) object() error {
	if err := l.delim('{'); err != nil {
		return err
	}
	found := false
	for l.more() {
		name, err := l.json.Token()
		if err != nil {
			return err
		}
		if name == l.key {
			if found {
				return errShape
			}
			found = true
		}
		if err := l.member(name); err != nil {
			return err
		}
	}
	return l.end(found)
}

// end reads the rest of the body: nothing may follow the object.
func (l *list) end(found bool) error {
	if err := l.delim('}'); err != nil {
		return err
	}
	l.grant()
	if _, err := l.json.Token(); err != io.EOF {
		return errors.Join(errShape, err)
	}
	if !found && !l.bounds.Absent {
		return errShape
	}
	return nil
}

// member reads a member of the object, and keeps it if it is small and not the list.
func (l *list) member(name json.Token) error {
	l.grant()
	if name == l.key {
		return l.elements()
	}
	var value json.RawMessage
	if err := l.json.Decode(&value); err != nil {
		return err
	}
	key, _ := name.(string)
	if size := len(key) + len(value); size <= l.room {
		l.room -= size
		l.beside[key] = value
	}
	return nil
}

func (l *list) elements() error {
	switch open, err := l.json.Token(); {
	case err != nil:
		return err
	case open == nil: // null is a list without elements
		return nil
	case open != json.Delim('['):
		return errShape
	}
	l.beside[l.key] = json.RawMessage("[]")
	for l.more() {
		if l.index == cmp.Or(l.bounds.Count, maxCount) {
			return ErrTooLarge
		}
		if err := l.element(); err != nil {
			return err
		}
		l.index++
	}
	return l.delim(']')
}

func (l *list) element() error {
	if l.index < l.handed {
		return l.json.Decode(new(json.RawMessage))
	}
	return l.hand()
}

func (l *list) delim(want json.Delim) error {
	got, err := l.json.Token()
	if err == nil && got != want {
		err = errShape
	}
	return err
}

// more reports whether there is another member or element, and allows it to be read.
func (l *list) more() bool {
	l.grant()
	return l.json.More()
}

// grant allows the next item to be as large as one element, plus a little for
// separators and for what bufio reads ahead.
func (l *list) grant() {
	const between = 8 << 10
	element, total := cmp.Or(l.bounds.Element, maxElement), cmp.Or(l.bounds.Total, maxList)
	l.body.meter.allow = min(l.json.InputOffset()+element+between, total)
}
