package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"roster/cmd/roster/remote"
)

// account is an account as GET /api/user/{username} answers it.
type account struct {
	ID                int64      `json:"id"`
	UUID              string     `json:"uuid"`
	Username          string     `json:"username"`
	FirstName         string     `json:"first_name"`
	LastName          string     `json:"last_name"`
	Email             string     `json:"email"`
	Role              string     `json:"role"`
	Active            bool       `json:"active"`
	CreatedAt         time.Time  `json:"created_at"`
	UpdatedAt         time.Time  `json:"updated_at"`
	LastLoginAt       *time.Time `json:"last_login_at"`
	PasswordChangedAt *time.Time `json:"password_changed_at"`

	// A list has none of these.
	Metadata    json.RawMessage `json:"metadata,omitempty"`
	AppMetadata json.RawMessage `json:"app_metadata,omitempty"`
}

// listed is an account in a list, as GET /api/users answers it.
type listed struct {
	account
	EmailStatus string `json:"email_status"`
}

// newAccount is the body of POST /api/users.
type newAccount struct {
	Username  string  `json:"username"`
	FirstName string  `json:"first_name"`
	LastName  string  `json:"last_name"`
	Email     string  `json:"email"`
	Role      string  `json:"role,omitempty"`
	Active    *bool   `json:"active,omitempty"`
	Password  *string `json:"password,omitempty"`
	Invite    *bool   `json:"invite,omitempty"`
}

// access is a role and a state to set. What is nil stays as it is.
type access struct {
	Role   *string `json:"role,omitempty"`
	Active *bool   `json:"active,omitempty"`
}

func (a *account) apply(set access) {
	if set.Role != nil {
		a.Role = *set.Role
	}
	if set.Active != nil {
		a.Active = *set.Active
	}
}

// accounts is where the commands for accounts work: on a database, or on a deployment
// over HTTP.
type accounts interface {
	// list calls each with the pages of a list, until the limit. It reports whether
	// there are more accounts.
	list(ctx context.Context, f filter, each func([]listed) error) (more bool, err error)
	// create reports whether an invitation was mailed.
	create(ctx context.Context, n newAccount) (a account, mailed bool, err error)
	// reset mails the owner a link that sets the password.
	reset(ctx context.Context, username string) error
	show(ctx context.Context, username string) (account, error)
	set(ctx context.Context, username string, a access) error
	remove(ctx context.Context, username string) error
	// close ends the session that openDeployment began, or closes the database.
	close(ctx context.Context) error
}

// accounts opens the database or the deployment that the flags and the variables
// name.
func (p *program) accounts(ctx context.Context) (accounts, error) {
	address, err := p.deployment()
	if err != nil {
		return nil, err
	}
	if address == "" {
		return p.openDatabase()
	}
	return p.openDeployment(ctx, address)
}

// deployment returns the URL of the deployment to work on, and "" for a database.
func (p *program) deployment() (address string, err error) {
	address = p.environ["ROSTER_URL"]
	database := p.environ["DATABASE_URL"] != "" || p.environ["SECRET_ARN"] != ""
	switch {
	case p.url != "" && p.database != "":
		return "", usageError{"--url and --database name two places; give one of them"}
	case p.url != "":
		return p.url, nil
	case p.database != "":
		return "", nil
	case address != "" && database:
		return "", usageError{"ROSTER_URL names a deployment, and the variables name a database, too; give --url or --database"}
	case address == "" && !database:
		return "", usageError{"no Roster is given; give --url (or ROSTER_URL) for a deployed one, or --database (or DATABASE_URL) for a database"}
	}
	return address, nil
}

// openDeployment returns the accounts of a deployment. It logs in if no token is
// given.
func (p *program) openDeployment(ctx context.Context, address string) (accounts, error) {
	token, name := p.token, p.username
	if token != "" && name != "" {
		return nil, usageError{"--token and --username are two ways to log in; give one of them"}
	}
	if token == "" && name == "" {
		token, name = p.environ["ROSTER_TOKEN"], p.environ["ROSTER_USERNAME"]
	}
	client, err := remote.New(address, token)
	if err != nil {
		return nil, err
	}
	if token != "" {
		return deployed{client: client}, nil
	}
	if name == "" {
		return nil, errors.New("no access token is given; set ROSTER_TOKEN, or give --username to log in")
	}
	password, err := p.askPassword(fmt.Sprintf("Password of %s at %s: ", name, address))
	if err != nil {
		return nil, err
	}
	if err := client.Login(ctx, name, password); err != nil {
		return nil, err
	}
	return deployed{client: client, loggedIn: true}, nil
}

// askPassword asks for a password, which the terminal does not show.
func (p *program) askPassword(question string) (string, error) {
	if !p.interactive {
		return "", errors.New("there is no terminal to ask for the password on; set ROSTER_TOKEN to an access token")
	}
	return p.hidden(p.err, question)
}
