package api

import (
	"net/http"
	"time"

	"roster/shared/fault"
	"roster/shared/request"
	"roster/shared/user"
	"roster/shared/web"
)

// personalData is the answer of ExportUser: everything that is stored about the
// person, except hashes of secrets.
type personalData struct {
	ExportedAt     time.Time         `json:"exported_at"`
	Account        exportedAccount   `json:"account"`
	Sessions       []exportedSession `json:"sessions"`
	Devices        []exportedDevice  `json:"devices"`
	PasswordResets []exportedReset   `json:"password_resets"`
	Limits         []exportedCounter `json:"limits"`
	Audit          auditPage         `json:"audit"`
}

type exportedAccount struct {
	profile
	EmailStatus string `json:"email_status"`
}

type exportedSession struct {
	session
	Alive         bool   `json:"alive"`
	LastNetwork   string `json:"last_network"`
	LastUserAgent string `json:"last_user_agent"`
}

type exportedDevice struct {
	Known      bool      `json:"known"`
	CreatedAt  time.Time `json:"created_at"`
	LastUsedAt time.Time `json:"last_used_at"`
}

type exportedReset struct {
	CreatedAt time.Time `json:"created_at"`
	ExpiresAt time.Time `json:"expires_at"`
}

type exportedCounter struct {
	Counts   string    `json:"counts"`
	Attempts int       `json:"attempts"`
	Until    time.Time `json:"until"`
}

// ExportUser is GET /api/user/{username}/export.
func ExportUser(db user.DataExporter, limits user.Limits, tokens web.TokenVerifier) http.Handler {
	return web.Download(func(r *http.Request) (out personalData, file string, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, "", err
		}
		in := user.ExportRequest{Username: r.PathValue("username")}
		if err := web.DecodeQuery(r, web.Parameters{
			"before": func(v string) (reason string) { in.Before, reason = decodeCursor(v); return reason },
		}, func() fault.Fields { return nil }); err != nil {
			return out, "", err
		}
		data, err := user.Export(r.Context(), req, db, limits, in)
		if err != nil {
			return out, "", err
		}
		return personalDataOf(data, req), data.User.Username + ".json", nil
	})
}

func personalDataOf(d *user.PersonalData, req request.Request) personalData {
	out := personalData{
		ExportedAt: req.At.UTC(),
		Account:    exportedAccount{profileOf(d.User), d.EmailStatus},
		Sessions:   make([]exportedSession, len(d.Sessions)), Devices: make([]exportedDevice, len(d.Devices)),
		PasswordResets: make([]exportedReset, len(d.Resets)), Limits: make([]exportedCounter, len(d.Counters)), Audit: auditPageOf(d.Events),
	}
	for i, s := range d.Sessions {
		out.Sessions[i] = exportedSession{sessionOf(s.Session, req.Caller), s.Alive, s.LastNetwork, s.LastUserAgent}
	}
	for i, k := range d.Devices {
		out.Devices[i] = exportedDevice{k.Known, k.CreatedAt.UTC(), k.LastUsedAt.UTC()}
	}
	for i, k := range d.Resets {
		out.PasswordResets[i] = exportedReset{k.CreatedAt.UTC(), k.ExpiresAt.UTC()}
	}
	for i, c := range d.Counters {
		out.Limits[i] = exportedCounter{c.Counts, c.Attempts, c.Until.UTC()}
	}
	return out
}
