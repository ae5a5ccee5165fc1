package auth

import (
	"net/mail"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/coreos/go-oidc/v3/oidc"

	orderv1 "github.com/seatflow/seatflow/proto/gen/seatflow/order/v1"
	"github.com/seatflow/seatflow/services/kit/fault"
	"github.com/seatflow/seatflow/services/kit/rpc"
)

// ClaimNames are the claims in which an issuer says what we need. A name that is no claim itself is taken as a path
// with dots, such as "realm_access.roles".
type ClaimNames struct {
	Name, Email, Role, Tenant string
}

// DefaultClaims are the names that the local issuer uses.
func DefaultClaims() ClaimNames {
	return ClaimNames{Name: "name", Email: "email", Role: "role", Tenant: "tenant"}
}

// Limits of what an order records about a person.
const (
	maxSubject = 255
	maxName    = 120
	maxTenant  = 64
)

// byRank lists the roles, the strongest first: of several in one token the first counts.
var byRank = []struct {
	word string
	role orderv1.Role
}{
	{"admin", orderv1.Role_ROLE_ADMIN},
	{"technician", orderv1.Role_ROLE_TECHNICIAN},
	{"customer_admin", orderv1.Role_ROLE_CUSTOMER_ADMIN},
	{"customer", orderv1.Role_ROLE_CUSTOMER},
	{"system", orderv1.Role_ROLE_SYSTEM},
}

// KnownRole says whether a word is one of our roles.
func KnownRole(word string) bool {
	for _, r := range byRank {
		if r.word == word {
			return true
		}
	}
	return false
}

// caller makes a caller of verified claims.
func (n ClaimNames) caller(id *oidc.IDToken, claims map[string]any, roles map[string]string) (rpc.Caller, error) {
	if id.Subject == "" || len(id.Subject) > maxSubject || clean(id.Subject) != id.Subject {
		return rpc.Caller{}, errMalformed
	}
	c := rpc.Caller{
		Issuer: id.Issuer, Subject: id.Subject, Name: shorten(clean(text(claims, n.Name)), maxName),
		Email: address(text(claims, n.Email)), Role: strongest(words(find(claims, n.Role)), roles),
	}
	switch claims["email_verified"] {
	case false, "false": // some issuers say it in text
		c.Email = "" // anyone can claim an address that nobody has checked
	}
	switch c.Role {
	case orderv1.Role_ROLE_UNSPECIFIED:
		return rpc.Caller{}, fault.New(fault.Forbidden, "no_role", "Your token gives you no role in Seatflow.").
			Hinted("Ask an administrator for one of the roles admin, technician, customer_admin or customer.")
	case orderv1.Role_ROLE_CUSTOMER, orderv1.Role_ROLE_CUSTOMER_ADMIN:
		c.Tenant = strings.ToLower(text(claims, n.Tenant))
		if c.Tenant == "" || len(c.Tenant) > maxTenant || clean(c.Tenant) != c.Tenant {
			return rpc.Caller{}, fault.New(fault.Forbidden, "no_tenant", "Your token does not say which customer you belong to.")
		}
	}
	return c, nil
}

// strongest translates role names and picks the first by rank.
func strongest(given []string, roles map[string]string) orderv1.Role {
	held := make(map[string]bool, len(given))
	for _, g := range given {
		if len(roles) > 0 {
			g = roles[g]
		}
		held[g] = true
	}
	for _, r := range byRank {
		if held[r.word] {
			return r.role
		}
	}
	return orderv1.Role_ROLE_UNSPECIFIED
}

// find looks a claim up by its name, else by its path.
func find(claims map[string]any, name string) any {
	if v, ok := claims[name]; ok {
		return v
	}
	var at any = claims
	for step := range strings.SplitSeq(name, ".") {
		m, ok := at.(map[string]any)
		if !ok {
			return nil
		}
		at = m[step]
	}
	return at
}

func text(claims map[string]any, name string) string {
	s, _ := find(claims, name).(string) // any other type counts as absent
	return strings.TrimSpace(s)
}

// words takes a list of strings, or one string with the words parted by blanks.
func words(v any) []string {
	switch v := v.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		var out []string
		for _, e := range v {
			if s, ok := e.(string); ok {
				out = append(out, s)
			}
		}
		return out
	default:
		return nil
	}
}

// address is an e-mail address as it stands, or nothing.
func address(s string) string {
	a, err := mail.ParseAddress(s)
	if err != nil || a.Address != s || len(s) > 254 {
		return ""
	}
	return s
}

// clean drops control characters, which have no place in a name.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

func shorten(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return string([]rune(s)[:limit])
}
