// Command service is an example of a service beside Roster: an HTTP server of
// its own, anywhere, that takes Roster's access tokens. With localdev in another
// terminal:
//
//	go -C examples/service run . -issuer http://127.0.0.1:3000
//	curl -s http://127.0.0.1:8080/whoami -H "Authorization: Bearer $TOKEN"
//
// It is for reading and for trying, and no part of a deployment. It is a Go module
// of its own, as your service is. What matters is in routes and in go.mod;
// docs/verify-elsewhere.md explains both.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"roster/shared/bearer"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "service: "+err.Error())
		os.Exit(1)
	}
}

// run serves until ctx ends.
func run(ctx context.Context, args []string, out io.Writer) error {
	f := flag.NewFlagSet("service", flag.ContinueOnError)
	f.SetOutput(out)
	issuer := f.String("issuer", "", "Roster's PUBLIC_URL, such as `https://accounts.example.com`")
	audience := f.String("audience", "roster", "Roster's `JWT_AUDIENCE`")
	addr := f.String("addr", "127.0.0.1:8080", "`address` to listen on")
	if err := f.Parse(args); err != nil {
		return err
	}
	tokens, err := bearer.New(bearer.Config{Issuer: *issuer, Audience: *audience})
	if err != nil {
		return fmt.Errorf("-issuer: %w", err)
	}
	listener, err := net.Listen("tcp", *addr)
	if err != nil {
		return fmt.Errorf("cannot listen on %s; choose another address with -addr: %w", *addr, err)
	}
	fmt.Fprintf(out, "Listening on http://%s for callers with tokens of %s.\n", listener.Addr(), *issuer)
	server := &http.Server{Handler: routes(tokens), ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	defer context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		stopped <- server.Shutdown(grace)
	})()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped // requests under way have been answered
}

// routes has one route for everyone, one for each logged-in user, and one for some
// of them.
func routes(tokens *bearer.Verifier) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, map[string]string{"status": "ok"})
	})
	mux.Handle("GET /whoami", tokens.Require(http.HandlerFunc(whoami)))
	mux.Handle("GET /admin", tokens.Require(http.HandlerFunc(admin)))
	return mux
}

func whoami(w http.ResponseWriter, r *http.Request) {
	caller, _ := bearer.From(r.Context()) // Require has seen to it that there is one
	answer(w, http.StatusOK, map[string]string{"sub": caller.Subject, "role": caller.Role, "sid": caller.Session})
}

// admin decides by the role of the moment when the token was issued.
func admin(w http.ResponseWriter, r *http.Request) {
	if caller, _ := bearer.From(r.Context()); caller.Role != "ADMIN" {
		answer(w, http.StatusForbidden, map[string]string{"msg": "You may not do that."})
		return
	}
	answer(w, http.StatusOK, map[string]string{"msg": "Hello, admin."})
}

func answer(w http.ResponseWriter, status int, body map[string]string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // who has hung up cannot be told
}
