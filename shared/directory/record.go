// Package directory is the domain of accounts in bulk: the file format that
// moves them between systems, and the operations that import and export it. One
// account is one line of JSON (JSON Lines), a Record.
//
// It knows the rules for the fields only through Rules, which the domain of
// accounts fulfils, because no domain imports another. It refuses to know SQL,
// other systems' formats (package convert reads those) and HTTP.
package directory

import (
	"encoding/json"
	"iter"
	"time"

	"roster/shared/fault"
)

// Record is one account as the file has it. A member that is left out gets the
// default where the account is new, and stays as it is where the account exists.
// docs/import.schema.json describes it for other programs.
type Record struct {
	Type string `json:"type,omitempty"` // TypeUser, or "", which means the same

	ID           *int64 `json:"id,omitempty"`
	UUID         string `json:"uuid,omitempty"`
	Username     string `json:"username"`
	FirstName    string `json:"first_name"`
	LastName     string `json:"last_name"`
	Email        string `json:"email"`
	EmailStatus  string `json:"email_status,omitempty"`
	Role         string `json:"role,omitempty"`
	Active       *bool  `json:"active,omitempty"`
	PasswordHash string `json:"password_hash,omitempty"` // as the other system stored it; "" is an account without a password

	TokenVersion *int64 `json:"token_version,omitempty"`
	ResetVersion *int64 `json:"reset_version,omitempty"`

	CreatedAt         *time.Time `json:"created_at,omitempty"`
	UpdatedAt         *time.Time `json:"updated_at,omitempty"`
	LastLoginAt       *time.Time `json:"last_login_at,omitempty"`
	PasswordChangedAt *time.Time `json:"password_changed_at,omitempty"`

	Metadata    json.RawMessage `json:"metadata,omitempty"`
	AppMetadata json.RawMessage `json:"app_metadata,omitempty"`
}

// TypeUser is the type of a Record.
const TypeUser = "user"

// Row is a record with its place in the source.
type Row struct {
	Number   int // from 1: the line of a file, or the number of a row
	Record   Record
	Problems fault.Fields // what the source could not read, by field; the row is then refused
	Log      *LogLine     // set: the row is a line of the audit log, and has no record
}

// Source yields rows in a fixed order, the same one each time. An error ends it.
type Source = iter.Seq2[Row, error]
