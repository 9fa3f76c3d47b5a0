package api

import (
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"strconv"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

func auditQuery(r *http.Request) (q audit.Query, err error) {
	q.Limit = audit.DefaultPage
	err = web.DecodeQuery(r, web.Parameters{
		"user":   func(v string) string { q.User = v; return "" },
		"action": func(v string) string { q.Action = audit.Action(v); return "" },
		"since":  web.ParseTime(&q.Since),
		"until":  web.ParseTime(&q.Until),
		"limit":  func(v string) string { q.Limit, _ = strconv.Atoi(v); return "" }, // the check refuses 0
		"before": func(v string) (reason string) { q.Before, reason = decodeCursor(v); return reason },
	}, func() fault.Fields { return user.CheckAuditQuery(q) })
	return q, err
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

// maxMicro is the end of the year 9998, the last one that web.ParseTime accepts.
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
