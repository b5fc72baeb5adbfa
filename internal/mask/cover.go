package mask

// mark replaces a run of hidden bytes in the output.
const mark = "***"

// cover decides about the bytes of a stream, piece by piece. A byte is hidden if a
// needle covers it. A run of hidden bytes becomes one mark, which is written when
// the run begins, so that long runs need no memory.
type cover struct {
	out  []byte // output for the last piece
	done int    // bytes at the beginning of the next piece that are already decided
	run  bool   // the last decided byte is hidden, so that hidden bytes after it need no mark
}

// pass decides about the bytes of b and puts the output into c.out. It returns the
// number of bytes that are decided. The next piece must begin with the rest, in
// which a needle may begin. After the last piece there is no rest.
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

// hide decides that b[from:to] is covered, and that everything before is decided.
func (c *cover) hide(b []byte, from, to int) {
	c.show(b, from)
	if !c.run {
		c.out = append(c.out, mark...)
	}
	c.done, c.run = max(c.done, to), true
}

// show decides that no needle covers the undecided bytes before end.
func (c *cover) show(b []byte, end int) {
	if c.done < end {
		c.out = append(c.out, b[c.done:end]...)
		c.done, c.run = end, false
	}
}
