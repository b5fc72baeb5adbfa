package transport

import (
	"context"
	"encoding/json"
	"errors"
	"io"
)

// Page says where a list goes on.
type Page struct {
	Continuation string // Azure DevOps: the body's continuationToken or the header X-MS-ContinuationToken
	Next         string // IoT Central: nextLink
}

// List makes a call whose answer is an object with an array under key, and
// hands the array over element by element, so that its size does not matter:
// at most 256 MiB are read, 8 MiB for one element. An error of each ends the
// list and is returned as it is. Where an answer breaks off and the call is
// made again, each does not see an element twice.
func List[T any](ctx context.Context, c *Caller, call Call, key string, each func(T) error) (Reply, Page, error) {
	l := &list{key: key}
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
	return reply, l.page, err
}

// list reads one answer, possibly in several attempts. It does not know the type
// of the elements, so that it is compiled once and not for each.
type list struct {
	key     string
	hand    func() error // decodes an element and hands it to each
	page    Page
	handed  int   // elements that each has seen
	refused error // each's own

	body  body
	json  *json.Decoder
	index int // of the element that comes next, in this attempt
}

// errRefused stops the reading when each has had enough.
var errRefused = errors.New("the caller ended the list")

// errShape is JSON that is not an object with the list in it.
var errShape = errors.New("the answer is not the list that is documented")

func (l *list) read(b body) *failure {
	if f := b.wantJSON(); f != nil {
		return f
	}
	l.body, l.json, l.index = b, json.NewDecoder(b.in), 0
	l.page = Page{Continuation: b.resp.Header.Get("X-MS-ContinuationToken")}
	if err := l.object(); err != nil {
		return l.failed(err)
	}
	return nil
}

func (l *list) failed(err error) *failure {
	var inner *failure
	switch b := l.body; {
	case errors.As(err, &inner):
		return inner
	case errors.Is(err, errRefused):
		return b.bad(never, "%w", err)
	case b.meter.err != nil:
		return b.brokeOff(b.meter.err)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return b.bad(repeatable, "the answer's JSON is incomplete")
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

// end reads to the end of the body: what comes after an object is a mistake.
func (l *list) end(found bool) error {
	if err := l.delim('}'); err != nil {
		return err
	}
	l.grant()
	if _, err := l.json.Token(); err != io.EOF {
		return errors.Join(errShape, err)
	}
	if !found {
		return errShape
	}
	return nil
}

func (l *list) member(name json.Token) error {
	l.grant()
	switch name {
	case l.key:
		return l.elements()
	case "continuationToken":
		return l.word(&l.page.Continuation)
	case "nextLink":
		return l.word(&l.page.Next)
	case "patTokenError":
		return l.refusal()
	}
	return l.json.Decode(new(json.RawMessage))
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
	for l.more() {
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

// word reads a string; null is none.
func (l *list) word(into *string) error {
	var s *string
	if err := l.json.Decode(&s); err != nil {
		return err
	}
	if s != nil {
		*into = *s
	}
	return nil
}

func (l *list) refusal() error {
	var e envelope
	if err := l.word(&e.PATError); err != nil || !e.refusesPAT() {
		return err
	}
	return &failure{l.body.tell(patFault(l.body.x.what, e, l.body.x.secret)), never}
}

func (l *list) delim(want json.Delim) error {
	got, err := l.json.Token()
	if err == nil && got != want {
		err = errShape
	}
	return err
}

// more asks for another member or element, and grants it its bytes.
func (l *list) more() bool {
	l.grant()
	return l.json.More()
}

// grant allows what comes next to be as large as one element, and a little for
// what stands between elements and for what bufio reads ahead.
func (l *list) grant() {
	const between = 8 << 10
	l.body.meter.allow = min(l.json.InputOffset()+maxElement+between, maxList)
}
