package convert

import (
	"bufio"
	"encoding/json"
	"fmt"
	"strings"
)

// auth0User is a line of a bulk user export (POST /api/v2/jobs/users-exports).
// https://auth0.com/docs/manage-users/user-migration/bulk-user-exports and, for the
// members, https://auth0.com/docs/manage-users/user-accounts/user-profiles/user-profile-structure
type auth0User struct {
	UserID            string          `json:"user_id"`
	LegacyID          string          `json:"Id"` // of an export that asked for no members
	Email             string          `json:"email"`
	Username          string          `json:"username"`
	Nickname          string          `json:"nickname"`
	GivenName         string          `json:"given_name"`
	FamilyName        string          `json:"family_name"`
	Name              string          `json:"name"`
	Blocked           bool            `json:"blocked"`
	CreatedAt         anyTime         `json:"created_at"`
	UpdatedAt         anyTime         `json:"updated_at"`
	LastLogin         anyTime         `json:"last_login"`
	LastPasswordReset anyTime         `json:"last_password_reset"`
	UserMetadata      json.RawMessage `json:"user_metadata"`
	AppMetadata       json.RawMessage `json:"app_metadata"`
}

// auth0Hash is a line of the export of password hashes, which Auth0's support makes.
// https://auth0.com/docs/troubleshoot/customer-support/manage-subscriptions/export-data
type auth0Hash struct {
	ID struct {
		OID string `json:"$oid"`
	} `json:"_id"`
	Hash string `json:"passwordHash"`
	Set  struct {
		At anyTime `json:"$date"`
	} `json:"password_set_date"`
}

// auth0 reads JSON Lines. The hashes are bcrypt's; without them, and for a login at
// Google and the like, an account has no password. They are kept in memory, some 150
// bytes for each.
func auth0(in Input) people {
	return func(yield func(person, error) bool) {
		hashes, err := auth0Hashes(in.Hashes)
		if err != nil {
			yield(person{}, err)
			return
		}
		reading(in.Open, func(file *bufio.Reader, emit func(person) error) error {
			return eachObject(file, "", func(u auth0User) error {
				if u.UserID == "" {
					u.UserID = u.LegacyID
				}
				_, id, _ := strings.Cut(u.UserID, "|")
				hash := hashes[id]
				p := person{
					id: u.UserID, username: u.Username, others: []string{u.Nickname}, first: u.GivenName, last: u.FamilyName, full: u.Name,
					email: u.Email, inactive: u.Blocked, hash: hash.Hash, created: u.CreatedAt.at, updated: u.UpdatedAt.at, lastLogin: u.LastLogin.at,
					passwordChanged: u.LastPasswordReset.at, metadata: u.UserMetadata, appMetadata: u.AppMetadata,
				}
				if hash.Set.At.at != nil {
					p.passwordChanged = hash.Set.At.at
				}
				return emit(p)
			})
		})(yield)
	}
}

// auth0Hashes returns the hashes by the part of the user's id after the bar.
func auth0Hashes(open Opener) (map[string]auth0Hash, error) {
	if open == nil {
		return nil, nil
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	hashes := map[string]auth0Hash{}
	err = eachObject(bufio.NewReader(file), "", func(h auth0Hash) error {
		if h.ID.OID == "" || h.Hash == "" {
			return fmt.Errorf("account %d of the hashes has no _id or no passwordHash", len(hashes)+1)
		}
		hashes[h.ID.OID] = h
		return nil
	})
	return hashes, err
}
