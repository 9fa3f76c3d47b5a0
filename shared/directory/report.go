package directory

import (
	"slices"

	"roster/shared/fault"
)

// Report says what an import did, or would do.
type Report struct {
	Rows      int `json:"rows"` // read by this run, empty lines not counted
	Created   int `json:"created"`
	Updated   int `json:"updated"`
	Unchanged int `json:"unchanged"` // the account exists and is as the row says
	Skipped   int `json:"skipped"`   // the account exists and differs; the policy is skip
	Refused   int `json:"refused"`
	// AuditLines are lines of the audit log. Those of a database that has a log of
	// its own are skipped.
	AuditLines        int `json:"audit_lines"`
	AuditLinesSkipped int `json:"audit_lines_skipped"`
	// Next is the row with which another run must begin, if this one was stopped. 0
	// means that the source was read to its end.
	Next int `json:"next_row,omitempty"`
	// Refusals are the first refused rows; Options.Refused is told of all.
	Refusals []Refusal `json:"refusals"`
	DryRun   bool      `json:"dry_run"`
}

// MaxRefusals is how many refused rows a report lists.
const MaxRefusals = 100

// Refusal is a row that was not imported.
type Refusal struct {
	Row      int          `json:"row"`
	Username string       `json:"username,omitempty"` // as the row has it
	Fields   fault.Fields `json:"fields"`             // the reason for each bad member; row is the whole line
	// Proposed is a username that the rules accept, where they refuse the row's.
	Proposed string `json:"proposed_username,omitempty"`
}

// refuse notes a refused row of the present batch.
func (i *importing) refuse(r Refusal) { i.refused = append(i.refused, r) }

// reportRefused adds the refused rows of the present batch to the report, in the
// order of the source.
func (i *importing) reportRefused() {
	slices.SortFunc(i.refused, func(a, b Refusal) int { return a.Row - b.Row })
	i.report.Refused += len(i.refused)
	for _, r := range i.refused {
		if len(i.report.Refusals) < MaxRefusals {
			i.report.Refusals = append(i.report.Refusals, r)
		}
		if i.options.Refused != nil {
			i.options.Refused(r)
		}
	}
	i.refused = i.refused[:0]
}
