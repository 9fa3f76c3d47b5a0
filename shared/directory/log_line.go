package directory

import (
	"time"

	"roster/shared/fault"
)

// The types of a LogLine.
const (
	TypeAudit     = "audit"
	TypeAuditHead = "audit_head"
)

// LogLine is a line of a file with a part of the audit log: an entry, or the head
// of a chain. It is the row of the database as it is, so that the hash chains and
// the MACs can be verified after an import, too.
type LogLine struct {
	Type  string `json:"type"`
	Chain int16  `json:"chain"`
	Seq   int64  `json:"seq"`
	Hash  string `json:"hash"` // hexadecimal

	// Of a head: the SHA-256 of its last event.
	Digest string `json:"digest,omitempty"`

	// Of an entry.
	At      *time.Time `json:"at,omitempty"`
	Actions []string   `json:"actions,omitempty"`
	Actor   string     `json:"actor,omitempty"`
	Target  string     `json:"target,omitempty"`
	Event   string     `json:"event,omitempty"` // the JSON text that the hash covers, to the letter
}

// check names what is missing of a line. Whether it is genuine is for the
// verification of the log to say.
func (l LogLine) check() fault.Fields {
	bad := fault.Fields{}
	if l.Chain < 0 || l.Chain > 15 {
		bad.Add("chain", "must be a number from 0 to 15")
	}
	if l.Type == TypeAudit && (l.Seq < 1 || l.At == nil || l.Event == "" || l.Hash == "") {
		bad.Add("row", "is not a whole entry of an audit log: seq, at, event and hash are required")
	}
	return bad
}
