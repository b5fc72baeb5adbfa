package host

import (
	"fmt"
	"slices"
	"strconv"
)

// truncatedOutput says that an output was too large for this host.
const truncatedOutput = "truncated"

// bound limits every output to the size of a variable: a larger array becomes [], a
// larger text becomes empty, and truncated is true. A secret cannot be shortened, so
// a larger one is an error.
func (h *Host) bound(outputs []Output) ([]Output, error) {
	limit, cut := h.MaxOutput(), false
	kept := slices.Clone(outputs)
	for i, o := range kept {
		if len(o.Value) <= limit {
			continue
		}
		if o.Secret {
			return nil, fmt.Errorf("the secret output %s has %d bytes, more than the %d bytes that fit in a variable on this host", o.Name, len(o.Value), limit)
		}
		h.Warnf("the output %s has %d bytes, more than the %d bytes that fit in a variable on this host, so it is empty", o.Name, len(o.Value), limit)
		kept[i].Value, cut = emptyLike(o.Value), true
	}
	if !cut {
		return kept, nil
	}
	i := slices.IndexFunc(kept, func(o Output) bool { return o.Name == truncatedOutput })
	if i < 0 {
		i, kept = len(kept), append(kept, Output{Name: truncatedOutput})
	}
	kept[i].Value = strconv.FormatBool(true)
	return kept, nil
}

func emptyLike(value string) string {
	if value[0] == '[' {
		return "[]"
	}
	return ""
}
