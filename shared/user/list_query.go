package user

import (
	"strings"
	"time"
	"unicode/utf8"

	"roster/shared/fault"
)

// ListQuery says which accounts an ADMIN asks for. A zero field restricts nothing.
type ListQuery struct {
	// One of these names one account. It stands alone, but for Limit.
	Username string
	Email    string
	UUID     string
	ID       int64

	Prefix        string // of the username, the e-mail, the first or the last name, in either case
	Role          Role
	Active        *bool
	EmailStatus   EmailStatus
	CreatedAfter  time.Time // inclusive
	CreatedBefore time.Time // exclusive

	Sort  Sort
	After *ListCursor // only accounts after this place; nil begins with the first
	Limit int         // accounts on a page, 1 to MaxListPage
	Count bool        // whether the page says how many accounts there are
}

// The size of a page, in accounts.
const (
	MaxListPage     = 100
	DefaultListPage = 50
)

// Sort is an order of accounts. Each is total, so that pages neither skip nor
// repeat an account that does not change.
type Sort string

// The orders. The field is a column's name.
const (
	SortCreatedAt   Sort = "created_at"    // the newest first
	SortUsername    Sort = "username"      // from a to z
	SortLastLoginAt Sort = "last_login_at" // the last login first; who has never logged in comes last
)

// ListCursor is the place of an account in a list.
type ListCursor struct {
	At       time.Time // created_at or last_login_at, to the microsecond; zero for an account that has never logged in
	Username string    // only with SortUsername
	ID       int64
}

// EmailStatus says what mail providers have reported about an address.
type EmailStatus string

// The states of an address.
const (
	EmailOK         EmailStatus = "ok"
	EmailSoftBounce EmailStatus = "soft_bounce"
	EmailBounced    EmailStatus = "bounced"
	EmailComplained EmailStatus = "complained"
	EmailSuppressed EmailStatus = "suppressed"
)

// CheckListQuery names every bad parameter of a query.
func CheckListQuery(q ListQuery) fault.Fields {
	fields := q.checkLookup()
	if q.Prefix != "" {
		fields.Add("q", checkPrefix(q.Prefix))
	}
	if q.Role != "" && q.Role != RoleUser && q.Role != RoleAdmin {
		fields.Add("role", "must be USER or ADMIN")
	}
	switch q.EmailStatus {
	case "", EmailOK, EmailSoftBounce, EmailBounced, EmailComplained, EmailSuppressed:
	default:
		fields.Add("email_status", "must be ok, soft_bounce, bounced, complained or suppressed")
	}
	if !q.CreatedAfter.IsZero() && !q.CreatedBefore.IsZero() && !q.CreatedAfter.Before(q.CreatedBefore) {
		fields.Add("created_before", "must be after created_after")
	}
	switch q.Sort {
	case SortCreatedAt, SortUsername, SortLastLoginAt:
	default:
		fields.Add("sort", "must be created_at, username or last_login_at")
	}
	if q.Limit < 1 || q.Limit > MaxListPage {
		fields.Add("limit", "must be a whole number from 1 to 100")
	}
	return fields
}

// checkLookup checks the fields that name one account.
func (q ListQuery) checkLookup() fault.Fields {
	fields := fault.Fields{}
	if _, ok := CanonicalUsername(q.Username); q.Username != "" && !ok {
		fields.Add("username", "must be a username")
	}
	if q.Email != "" {
		_, reason := checkEmail(q.Email)
		fields.Add("email", reason)
	}
	if q.UUID != "" && !isUUIDInAnyCase(q.UUID) {
		fields.Add("uuid", "must be a UUID")
	}
	if q.ID < 0 {
		fields.Add("id", "must be a whole number from 1")
	}
	given := []string{}
	for name, isGiven := range map[string]bool{"username": q.Username != "", "email": q.Email != "", "uuid": q.UUID != "", "id": q.ID != 0} {
		if isGiven {
			given = append(given, name)
		}
	}
	restricts := q.Prefix != "" || q.Role != "" || q.Active != nil || q.EmailStatus != "" || !q.CreatedAfter.IsZero() || !q.CreatedBefore.IsZero()
	if len(given) > 1 || len(given) == 1 && (restricts || q.After != nil || q.Count) {
		for _, name := range given {
			fields.Add(name, "names one account, so it takes no filter, cursor or count beside it")
		}
	}
	return fields
}

// maxPrefix is in code points: an e-mail address has at most so many.
const maxPrefix = maxEmail

func checkPrefix(s string) (reason string) {
	switch {
	case utf8.RuneCountInString(s) > maxPrefix:
		return "must have at most 254 characters"
	case !utf8.ValidString(s) || strings.Contains(s, "\x00"):
		return "must be text in UTF-8 without NUL"
	case trim(s) == "":
		return "must not be blank"
	}
	return ""
}

// canonical returns the query with each value in the form that is stored.
func (q ListQuery) canonical() ListQuery {
	if q.Username != "" {
		q.Username, _ = CanonicalUsername(q.Username)
	}
	if q.Email != "" {
		q.Email, _ = checkEmail(q.Email)
	}
	q.UUID, q.Prefix = strings.ToLower(trim(q.UUID)), trim(q.Prefix)
	return q
}
