package directory

import "context"

// batch is a part of the source, with its rows checked.
type batch struct {
	rows       int
	candidates []candidate
	refused    []Refusal
	log        []LogLine
	next       int // the row after the batch; 0: the source ends here
	err        error
}

// checked reads the source, checks its rows and sends them in batches. It stops
// when the context ends.
func checked(ctx context.Context, parts ImportParts, size int, rows Source) <-chan batch {
	out := make(chan batch, 2)
	go func() {
		defer close(out)
		c := collector{parts: parts, size: size, keys: map[string]bool{}}
		send := func(next int) bool {
			c.batch.next = next
			select {
			case out <- c.batch:
				c.reset()
				return true
			case <-ctx.Done():
				return false
			}
		}
		for row, err := range rows {
			if err != nil {
				c.batch.err = err
				send(0)
				return
			}
			if !c.fits(row) && !send(row.Number) {
				return
			}
			c.add(row)
		}
		send(0)
	}()
	return out
}

// collector makes one batch.
type collector struct {
	parts ImportParts
	size  int // of a batch
	batch batch
	keys  map[string]bool // of its candidates

	row     *candidate // the row that fits has checked last; nil if it was refused
	refusal *Refusal
}

func (c *collector) reset() {
	c.batch = batch{}
	clear(c.keys)
}

// fits checks the row, and reports whether it may be in this batch. A batch has either
// accounts or lines of the log, and no two of its rows have a key in common.
func (c *collector) fits(row Row) bool {
	c.row, c.refusal = nil, nil
	if row.Log != nil && len(row.Problems) == 0 {
		return c.batch.rows < c.size && len(c.batch.candidates) == 0
	}
	record, bad := check(row, c.parts.Rules, c.parts.Hashes)
	if len(bad) > 0 {
		r := Refusal{Row: row.Number, Username: record.Username, Fields: bad}
		if bad["username"] != "" && record.Username != "" {
			if name := ProposeUsername(record.Username, c.parts.Rules); name != lower(record.Username) { // else the source has refused it
				r.Proposed = name
			}
		}
		c.refusal = &r
		return c.batch.rows < c.size
	}
	c.row = &candidate{row.Number, record}
	if c.batch.rows >= c.size || len(c.batch.log) > 0 {
		return false
	}
	for _, key := range keysOf(record) {
		if c.keys[key] {
			return false
		}
	}
	return true
}

// add adds the row that fits has checked last.
func (c *collector) add(row Row) {
	c.batch.rows++
	switch {
	case c.refusal != nil:
		c.batch.refused = append(c.batch.refused, *c.refusal)
	case c.row != nil:
		for _, key := range keysOf(c.row.record) {
			c.keys[key] = true
		}
		c.batch.candidates = append(c.batch.candidates, *c.row)
	default:
		c.batch.log = append(c.batch.log, *row.Log)
	}
}

// keysOf returns the keys of a row. A key of one kind cannot equal a key of another
// kind: a username has no @ and is shorter than a UUID, and an id begins with #.
func keysOf(r Record) []string {
	keys := append(make([]string, 0, 4), r.Username, lower(r.Email))
	if r.UUID != "" {
		keys = append(keys, r.UUID)
	}
	if r.ID != nil {
		keys = append(keys, idKey(*r.ID))
	}
	return keys
}
