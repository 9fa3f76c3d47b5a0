package convert

import (
	"crypto/sha256"
	"fmt"
	"hash/fnv"
	"strconv"
	"strings"

	"roster/shared/directory"
)

// noLastName is the last name of a person who has one name only.
const noLastName = "-"

// names returns the first and the last name. A system that has one full name has it
// split at its last space. Where there is no name at all, the first name is the
// username, and the user can change it.
func (p person) names(username string) (first, last string) {
	first, last = strings.TrimSpace(p.first), strings.TrimSpace(p.last)
	full := strings.Join(strings.Fields(p.full), " ")
	if strings.Contains(full, "@") { // Auth0 fills in the address
		full = ""
	}
	if (first == "" || last == "") && full != "" {
		space := strings.LastIndex(full, " ")
		switch {
		case first != "":
			last = strings.TrimSpace(strings.TrimPrefix(full, first))
		case last != "":
			first = strings.TrimSpace(strings.TrimSuffix(full, last))
		case space > 0:
			first, last = full[:space], full[space+1:]
		default:
			first = full
		}
	}
	if first == "" && last == "" {
		first = username
	}
	if first == "" {
		first, last = last, ""
	}
	if last == "" {
		last = noLastName
	}
	return first, last
}

// usernames gives each account a username that no other account of the export has.
// A username that the other system has is kept if Roster's rules accept it. Otherwise
// one is derived: from that username, from another name of the system, or from the
// part of the e-mail address before the @, with a number at its end where it is taken.
//
// It keeps a hash of each name, so that a million of them take some 100 MB.
type usernames struct {
	rules directory.Rules
	given map[uint64]uint64 // who has the name in the other system: the hash of an id
	taken map[uint64]bool
	next  map[uint64]int // the number to try next, by the name without it
}

// reserve reads the accounts once, so that a derived name is never one that a later
// account has.
func reserve(all people, rules directory.Rules) (*usernames, error) {
	u := &usernames{rules: rules, given: map[uint64]uint64{}, taken: map[uint64]bool{}, next: map[uint64]int{}}
	for p, err := range all {
		if err != nil {
			return nil, err
		}
		if name, reason := rules.Username(p.username, p.isAdmin); reason == "" {
			if _, known := u.given[keyOf(name)]; !known {
				u.given[keyOf(name)] = keyOf(p.id)
			}
		}
	}
	return u, nil
}

func keyOf(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return h.Sum64()
}

// of returns the username of an account. Each account is asked for once, in the
// order of the export.
func (u *usernames) of(p person) string {
	given, reason := u.rules.Username(p.username, p.isAdmin)
	if reason == "" && u.given[keyOf(given)] == keyOf(p.id) && !u.taken[keyOf(given)] {
		u.taken[keyOf(given)] = true
		return given
	}
	local, _, _ := strings.Cut(p.email, "@")
	for _, candidate := range append([]string{p.username}, append(p.others, local)...) {
		if before, _, isAddress := strings.Cut(candidate, "@"); isAddress {
			candidate = before
		}
		if name := directory.ProposeUsername(candidate, u.rules); name != "" {
			return u.free(name)
		}
	}
	sum := sha256.Sum256([]byte(p.id))
	return u.free(fmt.Sprintf("user-%x", sum[:6]))
}

// free returns the name if no account has it, and otherwise the name with the first free
// number.
func (u *usernames) free(name string) string {
	for n := u.next[keyOf(name)]; ; n++ {
		attempt := name
		if n > 0 {
			number := "-" + strconv.Itoa(n+1)
			attempt = strings.TrimRight(name[:min(len(name), maxUsername-len(number))], "._-") + number
		}
		key := keyOf(attempt)
		if _, given := u.given[key]; given || u.taken[key] {
			continue
		}
		u.taken[key], u.next[keyOf(name)] = true, n+1
		return attempt
	}
}

// maxUsername is how long a username may be, as ProposeUsername knows.
const maxUsername = 32

// derivedUUID returns the UUID of an account whose id is none (RFC 9562 §5.8), the
// same at each reading.
func derivedUUID(format, id string) string {
	sum := sha256.Sum256([]byte("an account of " + format + ", " + id))
	b := sum[:16]
	b[6], b[8] = b[6]&0x0f|0x80, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}
