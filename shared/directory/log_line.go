package directory

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"

	"roster/shared/fault"
	"roster/shared/request"
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

// check names what is missing in a line, and values after which the database could not
// continue the chain. It does not verify the chain; roster audit verify does.
func (l LogLine) check() fault.Fields {
	bad := fault.Fields{}
	if l.Chain < 0 || l.Chain > 15 {
		bad.Add("chain", "must be a number from 0 to 15")
	}
	if l.Seq < 0 || l.Seq > highest {
		bad.Add("seq", "must be a whole number from 0 to 4611686018427387904")
	}
	if l.Type == TypeAudit {
		return bad.Merge(l.checkEntry())
	}
	size := sha256.Size
	if l.Seq == 0 { // a chain without an entry
		size = 0
	}
	bad.Add("hash", checkHex(l.Hash, size))
	bad.Add("digest", checkHex(l.Digest, size))
	return bad
}

func (l LogLine) checkEntry() fault.Fields {
	bad := fault.Fields{}
	if l.Seq < 1 || l.At == nil || l.Event == "" || l.Hash == "" {
		bad.Add("row", "is not a whole entry of an audit log: seq, at, event and hash are required")
	}
	if l.Hash != "" {
		bad.Add("hash", checkHex(l.Hash, sha256.Size))
	}
	bad.Add("at", checkTime(l.At))
	for field, uuid := range map[string]string{"actor": l.Actor, "target": l.Target} {
		if uuid != "" && !request.IsUUID(uuid) {
			bad.Add(field, "must be a UUID in lower case")
		}
	}
	return bad
}

// checkHex checks the hexadecimal text of so many bytes.
func checkHex(text string, size int) (reason string) {
	b, err := hex.DecodeString(text)
	switch {
	case err == nil && len(b) == size && strings.ToLower(text) == text:
		return ""
	case size == 0:
		return "must be empty, because the chain has no entry"
	}
	return "must be a SHA-256 in hexadecimal digits"
}
