package mask

// mark stands in the output for a run of hidden bytes.
const mark = "***"

// cover decides about the bytes of a stream, piece by piece. A byte is hidden
// when a needle covers it; a run of hidden bytes is one mark, which is written
// when the run begins, so that a run takes no memory however long it grows.
type cover struct {
	out  []byte // what the last piece comes to
	done int    // bytes at the beginning of the next piece that are decided already
	run  bool   // the last byte decided is hidden: what adjoins it needs no mark
}

// pass decides about the bytes of b and puts what they come to into c.out. It
// returns the number of bytes that are done with. The next piece must begin
// with the others: there begins what may become a needle, if more follows.
// After the last piece nothing follows, and there are no others.
func (c *cover) pass(x *index, b []byte, last bool) int {
	c.out = c.out[:0]
	end := len(b)
	for i := x.next(b, 0); i < len(b); i = x.next(b, i+1) {
		n, open := x.at(b[i:])
		if n > 0 {
			c.hide(b, i, i+n)
		}
		if open && !last {
			end = i
			break
		}
	}
	c.show(b, end)
	c.done -= end
	return end
}

// hide decides that b[from:to] is covered, and that what is before is done with.
func (c *cover) hide(b []byte, from, to int) {
	c.show(b, from)
	if !c.run {
		c.out = append(c.out, mark...)
	}
	c.done, c.run = max(c.done, to), true
}

// show decides that no needle covers those bytes before end that are undecided.
func (c *cover) show(b []byte, end int) {
	if c.done < end {
		c.out = append(c.out, b[c.done:end]...)
		c.done, c.run = end, false
	}
}
