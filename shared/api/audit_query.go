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

// auditQuery reads the parameters as strictly as web.Decode reads a body: each at
// most once, known, and not empty. It names every bad one at once.
func auditQuery(r *http.Request) (q audit.Query, err error) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, web.Malformed("The query is not well formed.")
	}
	q.Limit = audit.DefaultPage
	known := map[string]func(value string) (reason string){
		"user":   func(v string) string { q.User = v; return "" },
		"action": func(v string) string { q.Action = audit.Action(v); return "" },
		"since":  parseTime(&q.Since),
		"until":  parseTime(&q.Until),
		"limit":  func(v string) string { q.Limit, _ = strconv.Atoi(v); return "" }, // 0 is refused
		"before": func(v string) (reason string) { q.Before, reason = decodeCursor(v); return reason },
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
	if fields.Merge(user.CheckAuditQuery(q)); len(fields) > 0 {
		return q, &fault.Error{Code: fault.Invalid, Message: "Some parameters are not valid.", Fields: fields}
	}
	return q, nil
}

// into reads a time as RFC 3339 has it, of a year that any database knows.
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

// A cursor is a place in the log: microseconds, chain and number in 18 bytes,
// which base64url writes in 24 characters, and each in one way only. It grants
// nothing: one that was made up is a place as good as any other.
const cursorLength = 24

func encodeCursor(m audit.Mark) string {
	b := binary.BigEndian.AppendUint64(nil, uint64(m.At.UnixMicro()))
	b = binary.BigEndian.AppendUint16(b, uint16(m.Chain)) // #nosec G115 -- a chain is 0 to 15
	b = binary.BigEndian.AppendUint64(b, uint64(m.Seq))   // #nosec G115 -- rows count up from 1
	return base64.RawURLEncoding.EncodeToString(b)
}

// lastMicro is the end of the year 9998, as in into.
var maxMicro = uint64(time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC).UnixMicro()) - 1

func decodeCursor(s string) (m *audit.Mark, reason string) {
	const bad = "is not the next of an earlier answer"
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil || len(s) != cursorLength { // the decoder passes over line breaks
		return nil, bad
	}
	micro, chain, seq := binary.BigEndian.Uint64(b), binary.BigEndian.Uint16(b[8:]), binary.BigEndian.Uint64(b[10:])
	if micro == 0 || micro > maxMicro || chain > 1<<15-1 || seq == 0 || seq > 1<<63-1 {
		return nil, bad
	}
	return &audit.Mark{At: time.UnixMicro(int64(micro)), Chain: int16(chain), Seq: int64(seq)}, "" // #nosec G115 -- each is bounded above
}
