package directory

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"roster/shared/fault"
	"roster/shared/strictjson"
)

// Parse reads one line of a file into a row. It is stricter than encoding/json: a member
// must be known, spelled exactly and given once. The row's problems say what cannot be
// read, by member; "row" stands for the whole line.
func Parse(number int, line []byte) Row {
	row := Row{Number: number, Problems: fault.Fields{}}
	switch {
	case !utf8.Valid(line):
		row.Problems.Add("row", "is not UTF-8; convert the file, such as with iconv")
		return row
	case !json.Valid(line):
		row.Problems.Add("row", "is not one JSON object in one line")
		return row
	}
	p := parser{row: &row, given: make(map[string]bool, 20)}
	if !eachMember(line, p.member) {
		row.Problems.Add("row", "is not a JSON object")
		return row
	}
	switch row.Record.Type {
	case "", TypeUser:
		for _, name := range []string{"username", "first_name", "last_name", "email"} {
			if !p.given[name] {
				row.Problems.Add(name, "is required")
			}
		}
	case TypeAudit, TypeAuditHead:
		row.Log, row.Problems = parseLogLine(line)
	default:
		row.Problems = fault.Fields{"type": "must be user, audit or audit_head"}
	}
	return row
}

func parseLogLine(line []byte) (*LogLine, fault.Fields) {
	l := new(LogLine)
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(l); err != nil {
		return l, fault.Fields{"row": "is not a line of an audit log: " + err.Error()}
	}
	return l, l.check()
}

type parser struct {
	row   *Row
	given map[string]bool
}

// maxProblems is how many problems of a line are named besides those of known
// members.
const maxProblems = 10

func (p parser) member(name string, value []byte) {
	known, reason := p.set(name, value)
	switch {
	case !known:
		reason = "is not a member of a record"
	case p.given[name]:
		reason = "is given more than once"
	}
	p.given[name] = true
	if known || len(p.row.Problems) < maxProblems {
		p.row.Problems.Add(shorten(name), reason)
	}
}

// set reads a member into the record. A null is the same as no member.
func (p parser) set(name string, value []byte) (known bool, reason string) {
	r := &p.row.Record
	switch name {
	case "type":
		return true, setText(&r.Type, value)
	case "uuid":
		return true, setText(&r.UUID, value)
	case "username":
		return true, setText(&r.Username, value)
	case "first_name":
		return true, setText(&r.FirstName, value)
	case "last_name":
		return true, setText(&r.LastName, value)
	case "email":
		return true, setText(&r.Email, value)
	case "email_status":
		return true, setText(&r.EmailStatus, value)
	case "role":
		return true, setText(&r.Role, value)
	case "password_hash":
		return true, setText(&r.PasswordHash, value)
	}
	return p.setOther(name, value)
}

func (p parser) setOther(name string, value []byte) (known bool, reason string) {
	r := &p.row.Record
	switch name {
	case "active":
		return true, setBool(&r.Active, value)
	case "id":
		return true, setInteger(&r.ID, value)
	case "token_version":
		return true, setInteger(&r.TokenVersion, value)
	case "reset_version":
		return true, setInteger(&r.ResetVersion, value)
	case "created_at":
		return true, setTime(&r.CreatedAt, value)
	case "updated_at":
		return true, setTime(&r.UpdatedAt, value)
	case "last_login_at":
		return true, setTime(&r.LastLoginAt, value)
	case "password_changed_at":
		return true, setTime(&r.PasswordChangedAt, value)
	case "metadata":
		return true, setObject(&r.Metadata, value)
	case "app_metadata":
		return true, setObject(&r.AppMetadata, value)
	}
	return false, ""
}

const null = "null"

func setText(field *string, value []byte) (reason string) {
	switch {
	case string(value) == null:
	case value[0] != '"':
		return "must be a string"
	default:
		if *field = textOf(value); strings.Contains(*field, "\x00") || strictjson.LoneSurrogate(value) {
			return "must be text without NUL or lone surrogates"
		}
	}
	return ""
}

func setBool(field **bool, value []byte) (reason string) {
	switch string(value) {
	case null:
	case "true", "false":
		is := string(value) == "true"
		*field = &is
	default:
		return "must be true or false"
	}
	return ""
}

func setInteger(field **int64, value []byte) (reason string) {
	if string(value) == null {
		return ""
	}
	n, err := strconv.ParseInt(string(value), 10, 64)
	if err != nil {
		return "must be a whole number"
	}
	*field = &n
	return ""
}

func setTime(field **time.Time, value []byte) (reason string) {
	if string(value) == null {
		return ""
	}
	if value[0] == '"' {
		if t, err := time.Parse(time.RFC3339Nano, textOf(value)); err == nil {
			*field = &t
			return ""
		}
	}
	return "must be a time such as 2026-01-31T09:30:00Z (RFC 3339)"
}

func setObject(field *json.RawMessage, value []byte) (reason string) {
	switch {
	case string(value) == null:
	case value[0] != '{':
		return "must be a JSON object"
	default:
		*field = bytes.Clone(value)
	}
	return ""
}

// shorten cuts the name of an unknown member, so that it does not fill the report.
func shorten(name string) string {
	const most = 40
	if runes := []rune(name); len(runes) > most {
		return string(runes[:most]) + "…"
	}
	return name
}
