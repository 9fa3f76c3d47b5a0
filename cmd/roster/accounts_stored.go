package main

import (
	"context"
	"encoding/json"
	"time"

	"roster/shared/boot"
	"roster/shared/boot/mailing"
	"roster/shared/boot/policy"
	"roster/shared/postgres"
	"roster/shared/user"
)

// stored are the accounts of a database. The operations are those of an operator, who
// has no account: see shared/user/operator.go.
type stored struct {
	env *boot.Environment
	db  *postgres.DB
	now func() time.Time
	// beforeWrite warns if the audit log's entries will have no MAC.
	beforeWrite func()
}

func (p *program) openDatabase() (accounts, error) {
	env, err := p.settings()
	if err != nil {
		return nil, err
	}
	db := env.Postgres()
	if err := env.Check(); err != nil {
		return nil, err
	}
	return stored{env, db, p.now, func() { p.warnWithoutMAC(env) }}, nil
}

func (s stored) show(ctx context.Context, username string) (account, error) {
	u, err := user.FindAsOperator(ctx, s.db, username)
	return accountOf(u), err
}

func (s stored) set(ctx context.Context, username string, a access) error {
	set := user.SetAccess{Active: a.Active}
	if a.Role != nil {
		role := user.Role(*a.Role)
		set.Role = &role
	}
	s.beforeWrite()
	return user.SetAccessAsOperator(ctx, s.db, username, set, s.now())
}

func (s stored) remove(ctx context.Context, username string) error {
	s.beforeWrite()
	return user.DeleteAsOperator(ctx, s.db, username, s.now())
}

func (s stored) close(context.Context) error {
	s.db.Close()
	return nil
}

func accountOf(u user.User) account {
	return account{
		ID: u.ID, UUID: u.UUID, Username: u.Username, FirstName: u.FirstName, LastName: u.LastName, Email: u.Email,
		Role: string(u.Role), Active: u.Active, CreatedAt: u.CreatedAt.UTC(), UpdatedAt: u.UpdatedAt.UTC(),
		LastLoginAt: inUTC(u.LastLoginAt), PasswordChangedAt: inUTC(u.PasswordChangedAt),
		Metadata: json.RawMessage(u.Metadata), AppMetadata: json.RawMessage(u.AppMetadata),
	}
}

func inUTC(t *time.Time) *time.Time {
	if t == nil {
		return nil
	}
	u := t.UTC()
	return &u
}

func (s stored) list(ctx context.Context, f filter, each func([]listed) error) (more bool, err error) {
	q := user.ListQuery{
		Email: f.email, UUID: f.uuid, ID: f.id, Prefix: f.q, Role: user.Role(f.role), EmailStatus: user.EmailStatus(f.emailStatus),
		CreatedAfter: f.createdAfterTime, CreatedBefore: f.createdBeforeTime, Sort: user.Sort(f.sort),
	}
	if f.active != "" {
		active := f.active == "true"
		q.Active = &active
	}
	for seen := 0; ; {
		q.Limit = f.page(seen)
		page, err := user.ListAsOperator(ctx, s.db, q)
		if err != nil {
			return false, err
		}
		users := make([]listed, len(page.Users))
		for i, u := range page.Users {
			users[i] = listed{account: accountOf(u.User), EmailStatus: string(u.EmailStatus)}
		}
		if err := each(users); err != nil {
			return false, err
		}
		if seen += len(users); page.Next == nil || f.limit > 0 && seen >= f.limit {
			return page.Next != nil, nil
		}
		q.After = page.Next
	}
}

func (s stored) create(ctx context.Context, n newAccount) (account, bool, error) {
	in := user.Creation{
		Username: n.Username, FirstName: n.FirstName, LastName: n.LastName, Email: n.Email, Password: n.Password, Invite: n.Invite, Active: n.Active,
	}
	if n.Role != "" {
		role := user.Role(n.Role)
		in.Role = &role
	}
	parts := user.CreateParts{Passwords: policy.Passwords(s.env)}
	if n.Invite != nil && *n.Invite {
		parts.Tokens, parts.Notices = s.env.OneTimeTokens(), mailing.Notices(s.env)
	}
	if err := s.env.Check(); err != nil {
		return account{}, false, err
	}
	s.beforeWrite()
	created, err := user.CreateAsOperator(ctx, s.db, parts, in, s.now())
	return accountOf(created.User), created.Mailed, err
}

func (s stored) reset(ctx context.Context, username string) error {
	parts := user.ForgetPasswordParts{Tokens: s.env.OneTimeTokens(), Notices: mailing.Notices(s.env)}
	if err := s.env.Check(); err != nil {
		return err
	}
	s.beforeWrite()
	return user.SendResetAsOperator(ctx, s.db, parts, username, s.now())
}
