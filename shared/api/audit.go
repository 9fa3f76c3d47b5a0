package api

import (
	"net/http"
	"time"

	"roster/shared/audit"
	"roster/shared/user"
	"roster/shared/web"
)

// auditPage is the answer of Audit.
type auditPage struct {
	Events []auditEvent `json:"events"`
	Next   string       `json:"next,omitempty"` // the parameter before of the next page, if there is one
}

type auditEvent struct {
	At             time.Time         `json:"at"`
	Actions        []audit.Action    `json:"actions"`
	Actor          string            `json:"actor,omitempty"`
	ActorUsername  string            `json:"actor_username,omitempty"` // the account's name now; absent once it is deleted
	Target         string            `json:"target,omitempty"`
	TargetUsername string            `json:"target_username,omitempty"`
	Address        string            `json:"address,omitempty"`
	UserAgent      string            `json:"user_agent,omitempty"`
	RequestID      string            `json:"request_id,omitempty"`
	Detail         map[string]string `json:"detail,omitempty"`
}

// Audit is GET /api/audit.
func Audit(db user.AuditViewer, tokens web.TokenVerifier) http.Handler {
	return web.Endpoint(http.StatusOK, func(r *http.Request) (out auditPage, err error) {
		req, err := web.Authenticate(r, tokens)
		if err != nil {
			return out, err
		}
		q, err := auditQuery(r)
		if err != nil {
			return out, err
		}
		page, err := user.ListAudit(r.Context(), req, db, q)
		if err != nil {
			return out, err
		}
		return auditPageOf(page), nil
	})
}

func auditPageOf(page audit.Page) (out auditPage) {
	out.Events = make([]auditEvent, len(page.Events))
	for i, e := range page.Events {
		out.Events[i] = auditEventOf(e)
	}
	if page.Next != nil {
		out.Next = encodeCursor(*page.Next)
	}
	return out
}

func auditEventOf(e audit.Entry) auditEvent {
	out := auditEvent{
		At: e.At.UTC(), Actions: e.Actions, Actor: e.Actor, ActorUsername: e.ActorUsername, Target: e.Target, TargetUsername: e.TargetUsername,
		UserAgent: e.Client.UserAgent, RequestID: e.Client.RequestID, Detail: e.Detail,
	}
	if e.Client.Address.IsValid() {
		out.Address = e.Client.Address.String()
	}
	return out
}
