package user

import (
	"context"
	"fmt"
	"time"

	"roster/shared/audit"
	"roster/shared/fault"
)

// ListAsOperator is List for an operator. A page may take longer, because only the
// operator waits for it.
func ListAsOperator(ctx context.Context, db OperatorStore, q ListQuery) (ListPage, error) {
	if err := CheckListQuery(q).Err(); err != nil {
		return ListPage{}, err
	}
	return db.UsersForOperator(ctx, q.canonical())
}

// CreateAsOperator is Create for an operator, by the same rules for the fields. No
// limit counts its mails.
func CreateAsOperator(ctx context.Context, db OperatorStore, p CreateParts, in Creation, now time.Time) (Created, error) {
	u, fields := in.account(p.Passwords)
	if err := fields.Err(); err != nil {
		return Created{}, err
	}
	u.UUID = newUUID()
	now = now.Truncate(time.Microsecond) // as exactly as it is stored
	u.CreatedAt, u.UpdatedAt = now, now
	if in.Password != nil {
		if err := p.Passwords.checkBreach(ctx, "password", *in.Password); err != nil {
			return Created{}, err
		}
		u.PasswordHash, u.PasswordChangedAt = p.Passwords.Hasher.Hash(*in.Password), &now
	}
	event := operatorEvent(u, now, audit.ActionCreate)
	for name, value := range (Edit{Role: &u.Role, Active: &u.Active}).detail() {
		event.Detail[name] = value
	}
	id, taken, err := db.CreateUser(ctx, NewAccount{User: u}, event)
	switch {
	case err != nil:
		return Created{}, err
	case taken.Any():
		failed := operatorEvent(User{}, now, audit.ActionCreateFailed)
		return Created{}, audit.RecordRefusal(ctx, db, failed, errTaken(taken))
	}
	u.ID = id
	if !in.invites() {
		return Created{User: u}, nil
	}
	if err := sendLinkAsOperator(ctx, db, ForgetPasswordParts{Tokens: p.Tokens, Notices: p.Notices}, u, now); err != nil {
		return Created{User: u}, nil // it is made; Mailed says that the mail was not sent
	}
	return Created{User: u, Mailed: true}, nil
}

// SendResetAsOperator mails the owner of an account a link that sets its password. It
// refuses with Conflict for an account that is not active. The limits are not used.
func SendResetAsOperator(ctx context.Context, db OperatorStore, p ForgetPasswordParts, username string, now time.Time) error {
	target, err := FindAsOperator(ctx, db, username)
	if err != nil {
		return err
	}
	if !target.Active {
		return &fault.Error{Code: fault.Conflict, Message: "The account is not active. Activate it first."}
	}
	return sendLinkAsOperator(ctx, db, p, target, now)
}

func sendLinkAsOperator(ctx context.Context, db OperatorStore, p ForgetPasswordParts, to User, now time.Time) error {
	token, hash := p.Tokens.Mint()
	reset := newReset(ResetTarget{Username: &to.Username, Email: &to.Email}, hash, now)
	reset.ExpiresAt = now.Add(linkLifetime(to))
	switch found, err := db.CreateReset(ctx, reset, operatorEvent(to, now, audit.ActionResetAsked)); {
	case err != nil:
		return err
	case found == nil:
		return errNotFound() // it has changed since it was read
	}
	if err := p.Notices.sendLink(ctx, to, token); err != nil {
		return fmt.Errorf("the mail was not sent: %w", err)
	}
	return nil
}
