package host

import (
	"fmt"
	"slices"
	"strconv"
)

// truncatedOutput says that some output was too large for this host.
const truncatedOutput = "truncated"

// bound keeps every output within what a later step can take as a variable: an array
// that is larger is [], another text is empty, and truncated is true. A secret has no
// shorter form, so a larger one cannot be handed on at all.
func (h *Host) bound(outputs []Output) ([]Output, error) {
	limit, cut := h.MaxOutput(), false
	kept := slices.Clone(outputs)
	for i, o := range kept {
		if len(o.Value) <= limit {
			continue
		}
		if o.Secret {
			return nil, fmt.Errorf("the secret output %s has %d bytes, and a step of this host takes %d in one variable", o.Name, len(o.Value), limit)
		}
		h.Warnf("the output %s has %d bytes, and a step of this host takes %d in one variable: it is left empty", o.Name, len(o.Value), limit)
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
