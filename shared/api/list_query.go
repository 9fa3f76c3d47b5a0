package api

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"net/http"
	"strconv"
	"time"

	"roster/shared/fault"
	"roster/shared/user"
	"roster/shared/web"
)

// Cursors signs the places where pages end, each together with the query.
type Cursors interface {
	Seal(query string, position []byte) string
	Open(query, text string) (position []byte, ok bool)
}

// listQuery reads the query's parameters. It reads the cursor last, because a cursor is
// valid only for the order and the filters that it was made for.
func listQuery(r *http.Request, cursors Cursors) (q user.ListQuery, err error) {
	q.Sort, q.Limit = user.SortCreatedAt, user.DefaultListPage
	cursor := ""
	err = web.DecodeQuery(r, web.Parameters{
		"username":       func(v string) string { q.Username = v; return "" },
		"email":          func(v string) string { q.Email = v; return "" },
		"uuid":           func(v string) string { q.UUID = v; return "" },
		"id":             parseID(&q.ID),
		"q":              func(v string) string { q.Prefix = v; return "" },
		"role":           func(v string) string { q.Role = user.Role(v); return "" },
		"active":         parseBool(&q.Active),
		"email_status":   func(v string) string { q.EmailStatus = user.EmailStatus(v); return "" },
		"created_after":  web.ParseTime(&q.CreatedAfter),
		"created_before": web.ParseTime(&q.CreatedBefore),
		"sort":           func(v string) string { q.Sort = user.Sort(v); return "" },
		"limit":          func(v string) string { q.Limit, _ = strconv.Atoi(v); return "" }, // the check refuses 0
		"cursor":         func(v string) string { cursor = v; return "" },
		"count": func(v string) string {
			if q.Count = v == "estimate"; !q.Count {
				return "must be estimate"
			}
			return ""
		},
	}, func() fault.Fields {
		reason := ""
		if cursor != "" {
			q.After, reason = openCursor(cursors, q, cursor)
		}
		fields := user.CheckListQuery(q)
		fields.Add("cursor", reason)
		return fields
	})
	return q, err
}

func parseID(id *int64) func(string) string {
	return func(v string) string {
		n, err := strconv.ParseInt(v, 10, 64)
		if err != nil || n < 1 {
			return "must be a whole number from 1"
		}
		*id = n
		return ""
	}
}

func parseBool(b **bool) func(string) string {
	return func(v string) string {
		if v != "true" && v != "false" {
			return "must be true or false"
		}
		*b = new(v == "true")
		return ""
	}
}

// cursorScope returns the part of a query that a cursor is bound to: everything but the
// length of the page and the count. The values are as they were given.
func cursorScope(q user.ListQuery) string {
	q.After, q.Limit, q.Count = nil, 0, false
	text, err := json.Marshal(q)
	if err != nil { // cannot happen: it has texts, numbers and times of four digits
		panic(err)
	}
	return string(text)
}

func openCursor(cursors Cursors, q user.ListQuery, text string) (*user.ListCursor, string) {
	position, ok := cursors.Open(cursorScope(q), text)
	if !ok {
		return nil, "is not the next of an earlier answer to the same query"
	}
	return decodeListCursor(position), ""
}

// never stands for no login, in place of its time in microseconds.
const never = math.MinInt64

// encodeListCursor writes a place as microseconds, the id and the username.
func encodeListCursor(c user.ListCursor) []byte {
	micro := int64(never)
	if !c.At.IsZero() {
		micro = c.At.UnixMicro()
	}
	b := binary.BigEndian.AppendUint64(nil, uint64(micro)) // #nosec G115 -- read back below
	b = binary.BigEndian.AppendUint64(b, uint64(c.ID))     // #nosec G115 -- read back below
	return append(b, c.Username...)
}

// decodeListCursor reads what encodeListCursor has written. The signature was verified
// before.
func decodeListCursor(b []byte) *user.ListCursor {
	c := &user.ListCursor{ID: int64(binary.BigEndian.Uint64(b[8:])), Username: string(b[16:])} // #nosec G115 -- as written
	if micro := int64(binary.BigEndian.Uint64(b)); micro != never {                            // #nosec G115 -- as written
		c.At = time.UnixMicro(micro)
	}
	return c
}
