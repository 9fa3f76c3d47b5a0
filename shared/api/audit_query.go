package api

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// auditQuery reads the query's parameters. The error names every bad parameter.
func auditQuery(r *http.Request) (q audit.Query, err error) {
	q.Limit = audit.DefaultPage
	fields, err := readParameters(r, parameters{
		"user":   func(v string) string { q.User = v; return "" },
		"action": func(v string) string { q.Action = audit.Action(v); return "" },
		"since":  parseTime(&q.Since),
		"until":  parseTime(&q.Until),
		"limit":  func(v string) string { q.Limit, _ = strconv.Atoi(v); return "" }, // 0 is refused below
		"before": parseCursor(&q.Before),
	})
	if err != nil {
		return q, err
	}
	fields.Merge(user.CheckAuditQuery(q))
	return q, badParameters(fields)
}

// parameters are what a call reads of its query: for each name, what takes the
// value, and returns what is wrong with it.
type parameters map[string]func(value string) (reason string)

// readParameters reads the query as strictly as web.Decode reads a body. Each
// parameter must be known, given once and not empty.
func readParameters(r *http.Request, known parameters) (fault.Fields, error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, web.Malformed("The query is not well formed.")
	}
	fields := fault.Fields{}
	for name, given := range values {
		set := known[name]
		reason := ""
		switch {
		case set == nil:
			reason = "is not a parameter of this call"
		case len(given) > 1:
			reason = "is given more than once"
		case given[0] == "":
			reason = "must not be empty"
		default:
			reason = set(given[0])
		}
		fields.Add(web.Shorten(web.Printable(name)), reason)
	}
	return fields, nil
}

// badParameters returns the error of a query, or nil if nothing is wrong.
func badParameters(fields fault.Fields) error {
	if len(fields) == 0 {
		return nil
	}
	return &fault.Error{Code: fault.Invalid, Message: "Some parameters are not valid.", Fields: fields}
}

// parseCursor returns a function that reads a cursor into c.
func parseCursor(c **audit.Cursor) func(string) string {
	return func(v string) (reason string) { *c, reason = decodeCursor(v); return reason }
}

// parseTime returns a function that reads a time in the form of RFC 3339 into t.
// It accepts only years that every database can store.
func parseTime(t *time.Time) func(string) string {
	return func(v string) string {
		at, err := time.Parse(time.RFC3339, v)
		if err != nil || at.Year() < 1970 || at.Year() > 9998 {
			return "must be a time such as 2026-01-31T12:00:00Z"
		}
		*t = at
		return ""
	}
}

// cursorLength is the length of a cursor in characters. A cursor is a position in
// the audit log: microseconds, chain and sequence number in 18 bytes, encoded as
// base64url. It needs no signature: a made-up cursor is only another position.
const cursorLength = 24

func encodeCursor(m audit.Cursor) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.At.UnixMicro()))
	b = binary.BigEndian.AppendUint16(b, uint16(m.Chain)) // #nosec G115 -- a chain is 0 to 15
	b = binary.BigEndian.AppendUint64(b, uint64(m.Seq))   // #nosec G115 -- sequence numbers begin at 1
	return base64.RawURLEncoding.EncodeToString(b)
}

// maxMicro is the end of the year 9998, the last one that parseTime accepts.
var maxMicro = uint64(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()) - 1

func decodeCursor(s string) (m *audit.Cursor, reason string) {
	const bad = "is not the next of an earlier answer"
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(s) != cursorLength { // the decoder ignores line breaks
		return nil, bad
	}
	micro, chain, seq := binary.BigEndian.Uint64(b), binary.BigEndian.Uint16(b[8:]), binary.BigEndian.Uint64(b[10:])
	if micro == 0 || micro > maxMicro || chain > 1<<15-1 || seq == 0 || seq > 1<<63-1 {
		return nil, bad
	}
	return &audit.Cursor{At: time.UnixMicro(int64(micro)), Chain: int16(chain), Seq: int64(seq)}, "" // #nosec G115 -- each is bounded above
}
