package tokens_test

import (
	"context"
	"crypto"
	"errors"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"roster/shared/boot"
	"roster/shared/boot/settings"
	"roster/shared/boot/tokens"
	"roster/shared/credential/keyring"
	"roster/shared/credential/token"
	"roster/shared/user"
)

// The rotation under load, with a simulated clock. Each instance sees the secret
// as it was some time ago, up to the limit of package secrets. Verifiers
// elsewhere have copies of the public keys that are even older.

const (
	rotations = 10
	period    = time.Hour // how long a key signs, at least
	tick      = 5 * time.Minute
	jwtKeys   = "JWT_KEYS"
)

// issue signs a token for account.
func issue(ctx context.Context, a *tokens.Access, now time.Time) (string, time.Duration, error) {
	sign, err := a.Ready(ctx)
	if err != nil {
		return "", 0, err
	}
	return sign(account, now)
}

var account = user.Subject{UUID: subject, Session: session, TokenVersion: 7, Role: user.RoleUser}

// world is what all instances share: the clock, and the versions of the secret.
type world struct {
	now      time.Time
	versions []version
}

type version struct {
	from time.Time
	ring *keyring.Ring
	text string
}

// at returns the version that was current at that time.
func (w *world) at(t time.Time) version {
	var v version
	for _, next := range w.versions {
		if next.from.After(t) {
			break
		}
		v = next
	}
	return v
}

func (w *world) store(t *testing.T, ring *keyring.Ring) {
	t.Helper()
	v := version{from: w.now, ring: ring}
	if ring != nil {
		b, err := ring.JSON()
		if err != nil {
			t.Fatal(err)
		}
		v.text = string(b)
	}
	w.versions = append(w.versions, v)
}

// instance is one process. Its copy of the secret is as old as lag, and its
// clock is ahead by skew.
type instance struct {
	*tokens.Access
	w         *world
	lag, skew time.Duration
}

func (i *instance) now() time.Time { return i.w.now.Add(i.skew) }

func (i *instance) Require(func(map[string]string) error) {}
func (i *instance) Get(context.Context) (map[string]string, error) {
	return map[string]string{jwtKeys: i.w.at(i.w.now.Add(-i.lag)).text}, nil
}

func (i *instance) Refresh(ctx context.Context) (map[string]string, error) { return i.Get(ctx) }

func newInstance(t *testing.T, w *world, lag, skew time.Duration) *instance {
	t.Helper()
	i := &instance{w: w, lag: lag, skew: skew}
	env := &boot.Environment{Environment: settings.WithSecret(t.Context(), map[string]string{"ROOT_KEY": rootKey, "PUBLIC_URL": origin}, i)}
	i.Access = tokens.New(env)
	if err := env.Check(); err != nil {
		t.Fatal(err)
	}
	return i
}

// issued is a token that has not expired.
type issued struct {
	raw string
	at  time.Time
}

func TestKeyRotationUnderLoad(t *testing.T) {
	t.Parallel()
	w := &world{now: time.Date(2026, 1, 5, 9, 30, 0, 0, time.UTC)}
	w.versions = []version{{}} // no ring: a JWT_SECRET_KEY derived from ROOT_KEY signs
	var instances []*instance
	for n, lag := range []time.Duration{0, time.Minute, 5 * time.Minute, 31 * time.Minute, keyring.MaxSecretAge} {
		instances = append(instances, newInstance(t, w, lag, time.Duration(n-2)*time.Second))
	}
	oldest := keyring.MaxSecretAge + keyring.MaxSetAge + keyring.MaxGatewayAge
	l := &load{t: t, w: w, instances: instances, elsewhere: []time.Duration{0, oldest}}
	random := rand.New(rand.NewPCG(20260105, 0))
	for ticks := 0; l.retired() < rotations; ticks++ {
		if ticks > 5000 {
			t.Fatalf("%d rotations in %d ticks", l.retired(), ticks)
		}
		if random.IntN(4) == 0 { // the rotation does not run at every tick
			l.rotate(random.IntN(8) == 0)
		}
		l.issue()
		l.verify()
		l.attack()
		w.now = w.now.Add(tick)
	}
	t.Logf("%d rotations in %v: %d tokens, %d checks by instances and %d elsewhere, %d refused; %d tokens signed with expired keys, %d accepted",
		l.retired(), w.now.Sub(w.versions[1].from), l.tokens, l.checks, l.foreign, l.refused, l.attacks, l.accepted)
	if l.refused > 0 || l.accepted > 0 || l.checks < 10_000 || l.attacks < 1000 {
		t.Errorf("refused %d, accepted %d", l.refused, l.accepted)
	}
}

type load struct {
	t         *testing.T
	w         *world
	instances []*instance
	elsewhere []time.Duration // ages of copies of the public keys
	live      []issued
	expired   []expired

	tokens, checks, foreign, refused, attacks, accepted int
}

// expired is a retired key whose private part an attacker has kept.
type expired struct {
	keyring.Key
	private crypto.Signer
	from    time.Time // its signatures must be refused from then on
}

func (l *load) retired() int { return len(l.expired) }

// rotate runs the rotation. With undone, its result is overwritten: a rotation
// of the database's password, which ran at the same time, puts back the secret
// as it was.
func (l *load) rotate(undone bool) {
	before := l.w.versions[len(l.w.versions)-1].ring
	ring, done, err := before.Rotate(l.w.now, keyring.Policy{
		Period:   period,
		Generate: func() (keyring.Key, error) { return keyring.Generate(keyring.EdDSA) },
	}, false)
	if err != nil {
		l.t.Fatal(err)
	}
	if len(done) == 0 {
		return
	}
	l.w.store(l.t, ring)
	if undone {
		l.w.now = l.w.now.Add(time.Second)
		l.issue() // some instances have already read the new ring
		l.w.now = l.w.now.Add(time.Second)
		l.w.store(l.t, before)
		return
	}
	for _, c := range done {
		if c.Kind == "retired" {
			k, _ := before.Current()
			l.expired = append(l.expired, expired{k, k.Private(), l.w.now.Add(keyring.GracePeriod)})
		}
	}
}

func (l *load) issue() {
	for _, i := range l.instances {
		raw, _, err := issue(l.t.Context(), i.Access, i.now())
		if err != nil {
			l.t.Fatal(err)
		}
		l.tokens++
		l.live = append(l.live, issued{raw, l.w.now})
	}
}

// verify has every instance verify every token that has not expired.
func (l *load) verify() {
	l.live = slices.DeleteFunc(l.live, func(i issued) bool { return l.w.now.Sub(i.at) >= token.Lifetime })
	for _, one := range l.live {
		for _, i := range l.instances {
			l.checks++
			if c, err := i.Verify(l.t.Context(), one.raw, i.now()); err != nil || c.UUID != subject {
				l.refused++
				l.t.Errorf("a token that is %v old is refused by an instance whose secret is %v old: %v", l.w.now.Sub(one.at), i.lag, err)
			}
		}
	}
	for _, age := range l.elsewhere {
		l.verifyElsewhere(age)
	}
}

// verifyElsewhere checks the signatures with a copy of the public keys of that
// age. Nobody else can verify tokens that the shared secret signed.
func (l *load) verifyElsewhere(age time.Duration) {
	then := l.w.now.Add(-age)
	text, err := l.w.at(then).ring.JWKS(then)
	if err != nil {
		l.t.Fatal(err)
	}
	set, err := keyring.ParseSet(text)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, one := range l.live {
		_, err := jwt.Parse(one.raw, func(t *jwt.Token) (any, error) {
			kid, ok := t.Header["kid"].(string)
			if !ok {
				return nil, errShared
			}
			_, key, _ := set.Find(kid, l.w.now)
			return key, nil
		}, jwt.WithTimeFunc(func() time.Time { return l.w.now }), jwt.WithLeeway(token.Leeway))
		if errors.Is(err, errShared) {
			continue
		}
		if l.foreign++; err != nil {
			l.refused++
			l.t.Errorf("a token that is %v old is refused by a copy of the keys that is %v old: %v", l.w.now.Sub(one.at), age, err)
		}
	}
}

var errShared = errors.New("signed by the shared secret")

// attack signs new tokens with expired keys.
func (l *load) attack() {
	for _, k := range l.expired {
		if since := l.w.now.Sub(k.from); since < 0 || since > 4*time.Hour {
			continue
		}
		// The key as it was when it signed.
		ring := &keyring.Ring{Keys: []keyring.Key{k.Key}}
		s := token.New(token.Profile{Issuer: origin, Audience: "roster"}, token.Keys{Ring: ring, Private: k.private})
		raw, _, err := s.Issue(token.Claims{Subject: subject, Session: session, Role: "ADMIN", Version: 7}, l.w.now)
		if err != nil {
			l.t.Fatal(err)
		}
		for _, i := range l.instances {
			l.attacks++
			if _, err := i.Verify(l.t.Context(), raw, l.w.now); err == nil {
				l.accepted++
				l.t.Errorf("%v after its end %v is accepted by an instance whose secret is %v old", l.w.now.Sub(k.from), k.Key, i.lag)
			}
		}
	}
}
