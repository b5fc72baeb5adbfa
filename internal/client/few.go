package client

import (
	"bytes"
	"encoding/json"

	"github.com/azstep/azstep/internal/transport"
)

// few is a list inside an object that is small in any genuine response. Its elements
// are counted before they are kept: three bytes of JSON can take a hundred in
// memory.
type few[T any] []T

// maxFew is more than any such list needs: a user's organizations, a token's roles.
const maxFew = 1000

// UnmarshalJSON implements json.Unmarshaler.
func (f *few[T]) UnmarshalJSON(text []byte) error {
	*f = nil
	return eachOf(text, maxFew, func(one T) { *f = append(*f, one) })
}

// eachOf passes on the elements of a JSON array, up to a maximum. null counts as
// empty.
func eachOf[T any](text []byte, most int, each func(T)) error {
	d := json.NewDecoder(bytes.NewReader(text))
	open, err := d.Token()
	if err != nil || open == nil {
		return err
	}
	if open != json.Delim('[') {
		return &json.UnmarshalTypeError{Value: "no array"}
	}
	for n := 0; d.More(); n++ {
		if n == most {
			return transport.ErrTooLarge
		}
		var one T
		if err := d.Decode(&one); err != nil {
			return err
		}
		each(one)
	}
	return nil
}
