package convert

import (
	"bufio"
	"bytes"
	"encoding/json"
	"strings"
	"time"
)

// supabase reads the table auth.users of Supabase as CSV, for example from
//
//	copy (select * from auth.users) to stdout with (format csv, header)
//
// or as JSON: a list, or a row on each line (select to_jsonb(u) from auth.users u).
// The hashes are bcrypt's. Everybody is a USER: the table's role is PostgreSQL's.
//
// https://supabase.com/docs/guides/auth/users and
// https://github.com/supabase/auth/tree/master/migrations
func supabase(in Input) people {
	return reading(in.Open, func(file *bufio.Reader, emit func(person) error) error {
		first, err := firstByte(file)
		if err != nil {
			return err
		}
		if first == '{' || first == '[' {
			return eachObject(file, "", func(row map[string]json.RawMessage) error { return emit(supabasePerson(textsOf(row), in.Now)) })
		}
		return eachLine(file, []string{"id", "email", "encrypted_password"}, func(l line) error { return emit(supabasePerson(l, in.Now)) })
	})
}

// textsOf returns the values as CSV has them: a text without its quotes, and nothing
// for null.
func textsOf(row map[string]json.RawMessage) line {
	l := line{}
	for name, raw := range row {
		var text string
		switch {
		case bytes.Equal(raw, []byte("null")):
		case json.Unmarshal(raw, &text) == nil:
			l[name] = text
		default:
			l[name] = string(raw)
		}
	}
	return l
}

func supabasePerson(l line, now time.Time) person {
	var about struct {
		Username  string `json:"username"`
		UserName  string `json:"user_name"`
		Preferred string `json:"preferred_username"`
		FirstName string `json:"first_name"`
		LastName  string `json:"last_name"`
		FullName  string `json:"full_name"`
		Name      string `json:"name"`
	}
	_ = json.Unmarshal([]byte(l["raw_user_meta_data"]), &about) // the user writes it, in any form
	p := person{
		id: l["id"], uuid: strings.ToLower(l["id"]), username: about.Username, others: []string{about.UserName, about.Preferred},
		first: about.FirstName, last: about.LastName, full: about.FullName, email: l["email"], hash: l["encrypted_password"],
		created: parsedTime(l["created_at"]), updated: parsedTime(l["updated_at"]), lastLogin: parsedTime(l["last_sign_in_at"]),
		metadata: objectOf(l["raw_user_meta_data"]), appMetadata: objectOf(l["raw_app_meta_data"]),
	}
	if p.full == "" {
		p.full = about.Name
	}
	if banned := parsedTime(l["banned_until"]); banned != nil && banned.After(now) {
		p.inactive = true
	}
	switch {
	case l["deleted_at"] != "":
		p.problem = "was deleted there"
	case l["is_anonymous"] == "true" || l["is_anonymous"] == "t":
		p.problem = "is an anonymous user"
	}
	return p
}

// objectOf returns the text if it is a JSON object.
func objectOf(text string) json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal([]byte(text), &object) != nil || object == nil {
		return nil
	}
	return json.RawMessage(text)
}
