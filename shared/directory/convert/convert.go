// Package convert reads the exports of other systems as accounts:
//
//	rows, err := convert.Source("django", convert.Input{Open: convert.File("users.json"), Rules: user.Rules{}, Now: now})
//	report, err := directory.Import(ctx, db, parts, rows, options)
//
// Roster asks for a username, a first and a last name and an e-mail address. Where
// the other system has no valid username, one is derived, and it is the same at each
// reading: see usernames. Missing names are filled in: see names. Passwords keep
// their hashes, in the text forms that package foreign below shared/credential reads.
//
// It refuses to connect to another system, and to invent an e-mail address.
package convert

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"maps"
	"os"
	"slices"
	"strings"
	"time"

	"roster/shared/directory"
	"roster/shared/fault"
)

// Input is an export.
type Input struct {
	Open   Opener // of the export; it is opened again for each reading
	Hashes Opener // of the password hashes, for a system that exports them apart; or nil
	Rules  directory.Rules
	Now    time.Time
}

// Opener opens a file.
type Opener func() (io.ReadCloser, error)

// person is an account as another system has it.
type person struct {
	id       string // in the other system
	uuid     string // "" to derive one from the id
	username string // "" where the system has none
	// others are what a username can be derived from, the best one first.
	others            []string
	first, last, full string
	email             string
	hash              string // "" for no password
	isAdmin, inactive bool

	created, updated, lastLogin, passwordChanged *time.Time

	metadata, appMetadata json.RawMessage // JSON objects, or empty
	problem               string          // why the account cannot be moved, or ""
}

// people yields the accounts of an export, in its order.
type people = iter.Seq2[person, error]

// formats are the systems whose exports can be read.
var formats = map[string]func(in Input) people{
	"auth0": auth0, "cognito": cognito, "django": django, "keycloak": keycloak, "supabase": supabase,
}

// Formats returns the names of the formats, sorted.
func Formats() []string { return slices.Sorted(maps.Keys(formats)) }

// Source returns the accounts of an export. The number of a row is that of the
// account in the export, from 1.
func Source(format string, in Input) (directory.Source, error) {
	read, known := formats[format]
	switch {
	case !known:
		return nil, fmt.Errorf("there is no format %q; give %s", format, strings.Join(Formats(), ", "))
	case in.Hashes != nil && format != "auth0":
		return nil, fmt.Errorf("an export of %s has the password hashes in it; only Auth0 gives them in a file of their own", format)
	}
	return func(yield func(directory.Row, error) bool) {
		names, err := reserve(withIDs(format, read(in)), in.Rules)
		if err != nil {
			yield(directory.Row{}, err)
			return
		}
		number := 0
		for p, err := range read(in) {
			number++
			if err != nil {
				yield(directory.Row{}, err)
				return
			}
			if !yield(directory.Row{Number: number, Record: p.record(format, names), Problems: p.problems()}, nil) {
				return
			}
		}
	}, nil
}

// withIDs ends with an error at an account without an id: the file is of another
// system, or its export left the ids out.
func withIDs(format string, all people) people {
	return func(yield func(person, error) bool) {
		number := 0
		for p, err := range all {
			if number++; err == nil && p.id == "" {
				err = fmt.Errorf("account %d of the file has no id, as an export of %s has", number, format)
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

func (p person) problems() fault.Fields {
	fields := fault.Fields{}
	fields.Add("row", p.problem)
	return fields
}

func (p person) record(format string, names *usernames) directory.Record {
	active, username := !p.inactive, names.of(p)
	first, last := p.names(username)
	r := directory.Record{
		UUID: p.uuid, Username: username, FirstName: first, LastName: last, Email: p.email, Role: "USER", Active: &active, PasswordHash: p.hash,
		CreatedAt: p.created, UpdatedAt: p.updated, LastLoginAt: p.lastLogin, PasswordChangedAt: p.passwordChanged,
		Metadata: p.metadata, AppMetadata: p.withOrigin(format),
	}
	if p.isAdmin {
		r.Role = "ADMIN"
	}
	if r.UUID == "" {
		r.UUID = derivedUUID(format, p.id)
	}
	return r
}

// withOrigin returns the app metadata with the account's id in the other system, so
// that what refers to it there can be found.
func (p person) withOrigin(format string) json.RawMessage {
	all := map[string]json.RawMessage{}
	_ = json.Unmarshal(p.appMetadata, &all) // of anything but an object nothing is kept
	if all == nil {
		all = map[string]json.RawMessage{}
	}
	origin, err := json.Marshal(map[string]string{"system": format, "id": p.id})
	if err != nil { // cannot happen: two texts
		panic(err)
	}
	all["moved_from"] = origin
	text, err := json.Marshal(all)
	if err != nil { // cannot happen: each value was read as JSON
		panic(err)
	}
	return text
}

// File returns what opens a file, which may be compressed with gzip.
func File(name string) Opener {
	return func() (io.ReadCloser, error) {
		f, err := os.Open(name) // #nosec G304 -- the operator names it
		if err != nil {
			return nil, err
		}
		text, err := decompressed(f)
		return readCloser{text, f}, err
	}
}

type readCloser struct {
	io.Reader
	io.Closer
}

// decompressed returns the text of a file, without a byte order mark.
func decompressed(file io.Reader) (io.Reader, error) {
	text := bufio.NewReaderSize(file, 64<<10)
	if start, _ := text.Peek(2); string(start) == "\x1f\x8b" {
		unpacked, err := gzip.NewReader(text)
		if err != nil {
			return nil, err
		}
		text = bufio.NewReaderSize(unpacked, 64<<10)
	}
	if start, _ := text.Peek(3); string(start) == "\ufeff" {
		_, _ = text.Discard(3)
	}
	return text, nil
}

// errStopped ends a reading when nobody wants more.
var errStopped = errors.New("no more is wanted")

// reading makes a sequence of a function that opens a file and emits each account.
func reading(open Opener, read func(in *bufio.Reader, emit func(person) error) error) people {
	return func(yield func(person, error) bool) {
		err := func() error {
			file, err := open()
			if err != nil {
				return err
			}
			defer file.Close()
			return read(bufio.NewReader(file), func(p person) error {
				if !yield(p, nil) {
					return errStopped
				}
				return nil
			})
		}()
		if err != nil && !errors.Is(err, errStopped) {
			yield(person{}, err)
		}
	}
}
