// Command limit is the least that a service with accounts can do for a request:
// one statement, and an HS256 token or an argon2id hash. The benchmark compares
// Roster with it, because a ratio to it says the same on every machine.
//
//	DATABASE_URL=postgres://… limit -addr 127.0.0.1:8080
//
// It refuses to be more than a yardstick: it limits no attempts, ends no session,
// records nothing, and checks little of its input.
package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"golang.org/x/crypto/argon2"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:0", "`address` to listen on")
	users := flag.Int("users", 100_000, "accounts to begin with, named user0, user1 and so on")
	cheap := flag.Bool("cheap-hash", false, "hash with 8 KiB, to measure what a login costs beside its hash")
	flag.Parse()
	if err := run(context.Background(), *addr, *users, *cheap); err != nil {
		fmt.Fprintln(os.Stderr, "limit:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, addr string, users int, cheap bool) error {
	db, err := pgxpool.New(ctx, os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	defer db.Close()
	s := server{db: db, secret: make([]byte, 32), memory: 19456}
	if cheap {
		s.memory = 8
	}
	_, _ = rand.Read(s.secret) // never fails
	if err := s.fill(ctx, users); err != nil {
		return fmt.Errorf("fill the table: %w", err)
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	fmt.Printf("http://%s\n", listener.Addr())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /user/{username}", s.get)
	mux.HandleFunc("POST /login", s.login)
	mux.HandleFunc("POST /register", s.register)
	mux.HandleFunc("POST /refresh", s.refresh)
	return (&http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}).Serve(listener)
}

type server struct {
	db     *pgxpool.Pool
	secret []byte
	memory uint32 // KiB, for argon2id
}

// Password is the password of each account that fill makes.
const password = "correct horse battery"

// fill makes the table and its accounts. All have one hash, of one salt.
func (s *server) fill(ctx context.Context, users int) error {
	salt := make([]byte, 16)
	if _, err := s.db.Exec(ctx, `create table users (id bigint generated always as identity primary key, username text not null unique,
		first_name text not null, last_name text not null, email text not null unique, role text not null, active boolean not null,
		created_at timestamptz not null default now(), salt bytea not null, hash bytea not null, refresh bytea unique)`); err != nil {
		return err
	}
	_, err := s.db.Exec(ctx, `insert into users (username, first_name, last_name, email, role, active, salt, hash)
		select 'user' || i, 'User', 'Number ' || i, 'user' || i || '@example.com', 'USER', true, $2, $3 from generate_series(0, $1::int - 1) i`,
		users, salt, s.hash(password, salt))
	if err == nil {
		_, err = s.db.Exec(ctx, `vacuum (analyze) users`)
	}
	return err
}

func (s *server) hash(password string, salt []byte) []byte {
	return argon2.IDKey([]byte(password), salt, 2, s.memory, 1, 32)
}

// account is the answer of get, and its JSON the input of register.
type account struct {
	ID        int64     `json:"id"`
	Username  string    `json:"username"`
	FirstName string    `json:"first_name"`
	LastName  string    `json:"last_name"`
	Email     string    `json:"email"`
	Password  string    `json:"password,omitempty"`
	Role      string    `json:"role"`
	Active    bool      `json:"active"`
	CreatedAt time.Time `json:"created_at"`
}

func (s *server) get(w http.ResponseWriter, r *http.Request) {
	raw, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	var c jwt.RegisteredClaims
	_, err := jwt.ParseWithClaims(raw, &c, func(*jwt.Token) (any, error) { return s.secret, nil }, jwt.WithValidMethods([]string{"HS256"}))
	if err != nil || c.Subject != r.PathValue("username") {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var a account
	err = s.db.QueryRow(r.Context(), `select id, username, first_name, last_name, email, role, active, created_at from users where username = $1`,
		r.PathValue("username")).Scan(&a.ID, &a.Username, &a.FirstName, &a.LastName, &a.Email, &a.Role, &a.Active, &a.CreatedAt)
	answer(w, a, err)
}

type tokens struct {
	AccessToken  string `json:"access_token"`
	RefreshToken string `json:"refresh_token,omitempty"`
}

func (s *server) login(w http.ResponseWriter, r *http.Request) {
	var in account
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	var salt, hash []byte
	err := s.db.QueryRow(r.Context(), `select salt, hash from users where username = $1`, in.Username).Scan(&salt, &hash)
	if err == nil && subtle.ConstantTimeCompare(s.hash(in.Password, salt), hash) != 1 {
		err = pgx.ErrNoRows
	}
	access, e := s.sign(in.Username)
	answer(w, tokens{AccessToken: access}, errors.Join(err, e))
}

func (s *server) register(w http.ResponseWriter, r *http.Request) {
	var in account
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // never fails
	err := s.db.QueryRow(r.Context(), `insert into users (username, first_name, last_name, email, role, active, salt, hash)
		values ($1, $2, $3, $4, 'USER', true, $5, $6) returning id`,
		in.Username, in.FirstName, in.LastName, in.Email, salt, s.hash(in.Password, salt)).Scan(&in.ID)
	in.Password = ""
	answer(w, in, err)
}

// refresh replaces the refresh token of an account. The token is the username, a
// dot and a random text; the first one is the username and a dot.
func (s *server) refresh(w http.ResponseWriter, r *http.Request) {
	var in tokens
	if err := json.NewDecoder(r.Body).Decode(&in); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	username, _, _ := strings.Cut(in.RefreshToken, ".")
	next := username + "." + rand.Text()
	before, after := sha256.Sum256([]byte(in.RefreshToken)), sha256.Sum256([]byte(next))
	err := s.db.QueryRow(r.Context(), `update users set refresh = $3 where username = $1 and coalesce(refresh, $2) = $2 returning username`,
		username, before[:], after[:]).Scan(&username)
	access, e := s.sign(username)
	answer(w, tokens{AccessToken: access, RefreshToken: next}, errors.Join(err, e))
}

func (s *server) sign(username string) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, jwt.RegisteredClaims{
		Subject: username, IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(time.Hour)),
	}).SignedString(s.secret)
}

func answer(w http.ResponseWriter, body any, err error) {
	switch {
	case errors.Is(err, pgx.ErrNoRows):
		w.WriteHeader(http.StatusUnauthorized)
		return
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body) // an error means that the client has gone
}
