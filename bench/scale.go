package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"math/big"
	"net/http"
)

// scaleUsers are the numbers of accounts with which GET is measured.
var scaleUsers = []int{1_000, 100_000, 1_000_000}

// scaled is one number of accounts, and the windows of an ADMIN that reads accounts
// at random.
type scaled struct {
	users   int
	windows []window
}

// measureScale measures GET with each number of accounts in turns, each in a
// database of its own.
func measureScale(ctx context.Context, l *laboratory, o options) ([]*scaled, error) {
	var all []*scaled
	var subjects []*subject
	defer func() {
		for _, s := range subjects {
			s.stop()
		}
	}()
	for _, n := range scaleUsers {
		database := fmt.Sprint("users_", n)
		s, err := l.startRoster(ctx, database, nil)
		if err != nil {
			return nil, err
		}
		subjects = append(subjects, s)
		if err := l.fillUsers(ctx, database, n); err != nil {
			return nil, fmt.Errorf("make %d users: %w", n, err)
		}
		all = append(all, &scaled{users: n})
	}
	for range o.rounds {
		for i, s := range all {
			begin := func(s *subject, _ int) (client, error) { return adminGet(s, all[i].users) }
			if err := add(ctx, &s.windows, load{subjects[i], begin, 1, o.window}); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// fillUsers makes accounts without passwords, named user0, user1 and so on.
func (l *laboratory) fillUsers(ctx context.Context, database string, n int) error {
	err := l.exec(ctx, database, `insert into users (uuid, username, first_name, last_name, email, password_hash, role, active, token_version, created_at, updated_at)
		select gen_random_uuid(), 'user' || i, 'User', 'Number ' || i, 'user' || i || '@example.com', '', 'USER', true, 1, now(), now()
		from generate_series(0, $1::int - 1) i order by md5(i::text)`, n)
	if err == nil {
		err = l.exec(ctx, database, "vacuum (analyze) users")
	}
	if err == nil {
		err = l.exec(ctx, database, "checkpoint")
	}
	return err
}

// adminHeader logs the ADMIN in.
func adminHeader(s *subject) (map[string]string, error) {
	var t tokens
	c := rosterLoginCall(adminUsername, &t)
	c.body = mustEncode(map[string]string{"username": adminUsername, "password": adminPassword})
	err := once(s, c)
	return bearer(t.Access), err
}

func adminGet(s *subject, users int) (client, error) {
	header, err := adminHeader(s)
	if err != nil {
		return nil, err
	}
	return func() (call, error) {
		n, err := rand.Int(rand.Reader, big.NewInt(int64(users)))
		return call{method: "GET", path: fmt.Sprint(userPath, "user", n), status: http.StatusOK, header: header}, err
	}, nil
}
