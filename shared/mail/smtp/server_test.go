package smtp_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/textproto"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// server is a mail server for one test. Its fields are set before start.
type server struct {
	certificate tls.Certificate
	implicit    bool              // TLS from the first byte
	startTLS    bool              // offer STARTTLS
	maxVersion  uint16            // newest TLS version, 0 for all
	auth        string            // mechanisms offered, "" for none
	password    string            // of the user "ann"
	replies     map[string]string // replies other than the usual ones, by verb; also for "greeting" and "."
	hang        string            // the verb that gets no reply; also "greeting", "." and "handshake"

	port     int
	mu       sync.Mutex
	commands []string // as received; "TLS " precedes a command that came through TLS
	accepted []acceptedMail
}

// acceptedMail is a mail that the server has accepted.
type acceptedMail struct {
	from, to, user string
	secured        bool
	data           string
}

// start listens until the test ends. The test ends only when the client has closed
// every connection, so a leaked connection shows as a test that hangs.
func (s *server) start(t *testing.T) *server {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.port = listener.Addr().(*net.TCPAddr).Port
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			wg.Go(func() {
				defer conn.Close()
				(&session{server: s, conn: conn}).run()
			})
		}
	})
	t.Cleanup(func() {
		listener.Close()
		wg.Wait()
	})
	return s
}

func (s *server) transcript() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return strings.Join(s.commands, "\n")
}

func (s *server) mails() []acceptedMail {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// session is one connection.
type session struct {
	server  *server
	conn    net.Conn
	text    *textproto.Reader
	secured bool
	mail    acceptedMail
}

func (c *session) run() {
	if c.server.implicit && !c.secure() {
		return
	}
	c.text = textproto.NewReader(bufio.NewReader(c.conn))
	if !c.reply("greeting", "220 mail.example ESMTP") {
		return
	}
	for {
		line, err := c.text.ReadLine()
		if err != nil {
			return
		}
		c.note(line)
		if !c.command(line) {
			return
		}
	}
}

func (c *session) note(line string) {
	if c.secured {
		line = "TLS " + line
	}
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.server.commands = append(c.server.commands, line)
}

// reply sends the reply that the test has set for the verb, or the usual one. It
// reports whether the session goes on.
func (c *session) reply(verb, usual string) bool {
	if c.server.hang == verb {
		c.drain()
		return false
	}
	if special, ok := c.server.replies[verb]; ok {
		usual = special
	}
	_, err := io.WriteString(c.conn, usual+"\r\n")
	return err == nil
}

// drain sends nothing more and waits until the client closes the connection.
func (c *session) drain() { io.Copy(io.Discard, c.conn) }

func (c *session) command(line string) bool {
	verb, rest, _ := strings.Cut(line, " ")
	verb = strings.ToUpper(verb)
	switch verb {
	case "EHLO":
		return c.reply(verb, c.hello())
	case "STARTTLS":
		return c.reply(verb, "220 go on") && c.secure()
	case "AUTH":
		return c.login(rest)
	case "MAIL":
		c.mail.from = rest
		return c.reply(verb, "250 ok")
	case "RCPT":
		c.mail.to = rest
		return c.reply(verb, "250 ok")
	case "DATA":
		return c.data()
	case "QUIT":
		c.reply(verb, "221 bye")
		return false
	default:
		return c.reply(verb, "502 what?")
	}
}

func (c *session) hello() string {
	lines := []string{"mail.example", "8BITMIME", "SMTPUTF8"}
	if c.server.startTLS && !c.secured {
		lines = append(lines, "STARTTLS")
	}
	if c.server.auth != "" {
		lines = append(lines, "AUTH "+c.server.auth)
	}
	return "250-" + strings.Join(lines[:len(lines)-1], "\r\n250-") + "\r\n250 " + lines[len(lines)-1]
}

func (c *session) secure() bool {
	if c.server.hang == "handshake" {
		c.drain()
		return false
	}
	secured := tls.Server(c.conn, &tls.Config{
		Certificates: []tls.Certificate{c.server.certificate}, MinVersion: tls.VersionTLS10, MaxVersion: c.server.maxVersion,
	})
	if secured.Handshake() != nil {
		return false
	}
	c.conn, c.secured = secured, true
	c.text = textproto.NewReader(bufio.NewReader(secured))
	return true
}

func (c *session) login(rest string) bool {
	mechanism, initial, _ := strings.Cut(rest, " ")
	var user, password string
	switch mechanism {
	case "PLAIN":
		parts := strings.Split(decode(initial), "\x00")
		user, password = parts[1], parts[2]
	case "LOGIN":
		user, password = c.ask("VXNlcm5hbWU6"), c.ask("UGFzc3dvcmQ6")
	}
	if user != "ann" || password != c.server.password {
		return c.reply("AUTH", "535 5.7.8 who are you?")
	}
	c.mail.user = user
	return c.reply("AUTH", "235 welcome")
}

func (c *session) ask(prompt string) string {
	io.WriteString(c.conn, "334 "+prompt+"\r\n")
	line, _ := c.text.ReadLine()
	c.note(line)
	return decode(line)
}

func decode(s string) string {
	b, _ := base64.StdEncoding.DecodeString(s)
	return string(b)
}

func (c *session) data() bool {
	if c.server.replies["DATA"] != "" || c.server.hang == "DATA" {
		return c.reply("DATA", "")
	}
	c.reply("DATA", "354 go on")
	data, err := c.text.ReadDotBytes()
	if err != nil {
		return false
	}
	if c.server.replies["."] == "" {
		c.mail.secured, c.mail.data = c.secured, string(data)
		c.server.mu.Lock()
		c.server.accepted = append(c.server.accepted, c.mail)
		c.server.mu.Unlock()
	}
	return c.reply(".", "250 taken as "+strconv.Itoa(len(data)))
}
