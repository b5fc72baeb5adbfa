package client

import (
	"bytes"
	"encoding/json"

	"github.com/azstep/azstep/internal/transport"
)

// few is a list inside an object, which is small in a right answer. Its elements are
// counted before they are kept: three bytes of JSON can be a hundred of memory.
type few[T any] []T

// maxFew is more than any such list has: a user's organizations, a token's roles.
const maxFew = 1000

// UnmarshalJSON implements json.Unmarshaler.
func (f *few[T]) UnmarshalJSON(text []byte) error {
	*f = nil
	return eachOf(text, maxFew, func(one T) { *f = append(*f, one) })
}

// eachOf hands the elements of a JSON array over, at most as many as may be. null has
// none.
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
