package api

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"time"

	"roster/shared/user"
	"roster/shared/web"
)

// account has the fields of an account that a client may read. No answer contains
// any other field but the metadata.
type account struct {
	ID                int64      `json:"id"`
	UUID              string     `json:"uuid"`
	Username          string     `json:"username"`
	FirstName         string     `json:"first_name"`
	LastName          string     `json:"last_name"`
	Email             string     `json:"email"`
	Role              user.Role  `json:"role"`
	Active            bool       `json:"active"`
	CreatedAt         time.Time  `json:"created_at"`
	UpdatedAt         time.Time  `json:"updated_at"`
	LastLoginAt       *time.Time `json:"last_login_at"`
	PasswordChangedAt *time.Time `json:"password_changed_at"`
}

// profile is an account in full.
type profile struct {
	account
	Metadata    json.RawMessage `json:"metadata"`
	AppMetadata json.RawMessage `json:"app_metadata"`
}

// GetUser is GET /api/user/{username} and GET /api/user/me.
func GetUser(db user.Viewer, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out profile, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		u, err := user.Get(r.Context(), req, db, cmp.Or(r.PathValue("username"), user.Me))
		return profileOf(u), err
	})
}

func profileOf(u user.User) profile {
	return profile{account: accountOf(u), Metadata: storedObject(u.Metadata), AppMetadata: storedObject(u.AppMetadata)}
}

func accountOf(u user.User) account {
	return account{
		ID: u.ID, UUID: u.UUID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		Role: u.Role, Active: u.Active, CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
		LastLoginAt: utc(u.LastLoginAt), PasswordChangedAt: utc(u.PasswordChangedAt),
	}
}

// storedObject returns metadata as it is stored, {} for an account that is new. It
// panics, and the client gets a 500, if somebody has written text that is not JSON into
// the table by hand. With {} in the answer, a client that changes one member and sends
// the object back would overwrite the text.
func storedObject(text string) json.RawMessage {
	raw := json.RawMessage(cmp.Or(text, "{}"))
	if !json.Valid(raw) {
		panic(fmt.Sprintf("the metadata of an account is not JSON: %.40q", text))
	}
	return raw
}

func utc(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}
