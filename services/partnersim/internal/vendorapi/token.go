package vendorapi

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/seatflow/seatflow/services/partnersim/internal/behaviours"
	"github.com/seatflow/seatflow/services/partnersim/internal/traffic"
	"github.com/seatflow/seatflow/services/partnersim/internal/world"
	"github.com/seatflow/seatflow/services/partnersim/seed"
)

const (
	refreshLifetime = 90 * 24 * time.Hour
	maxTokenLength  = 4096
	tokensCached    = 1024
)

// claims is what a token says, under the names that the vendor's tokens use.
type claims struct {
	Tenant  string `json:"tid"`
	App     string `json:"appid"`
	User    string `json:"upn,omitempty"` // empty: an application-only token
	Use     string `json:"use"`           // access or refresh
	Issued  int64  `json:"iat"`           // epoch seconds
	Expires int64  `json:"exp"`           // epoch seconds
	Number  uint64 `json:"jti"`           // no two tokens are equal
}

// tokens signs tokens (JWT, HS256) and reads them back. Tokens of another simulator, or of this one before it was started
// anew without a fixed key, do not verify.
type tokens struct {
	key []byte

	mu      sync.RWMutex
	cached  map[string]claims // verified already
	revoked map[uint64]bool   // numbers of tokens that are no longer good
}

// revoke makes a token useless before its time.
func (t *tokens) revoke(number uint64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.revoked == nil || len(t.revoked) >= tokensCached {
		t.revoked = map[uint64]bool{}
	}
	t.revoked[number] = true
}

func (t *tokens) isRevoked(number uint64) bool {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.revoked[number]
}

func newTokens(key uint64) *tokens {
	sum := sha256.Sum256(binary.BigEndian.AppendUint64([]byte("partnersim tokens"), key))
	return &tokens{key: sum[:], cached: map[string]claims{}}
}

var tokenHead = base64.RawURLEncoding.EncodeToString([]byte(`{"typ":"JWT","alg":"HS256"}`)) + "."

func (t *tokens) sign(c claims) string {
	payload, err := json.Marshal(c)
	if err != nil { // cannot happen: strings and numbers only
		return ""
	}
	signed := tokenHead + base64.RawURLEncoding.EncodeToString(payload)
	return signed + "." + base64.RawURLEncoding.EncodeToString(t.mac(signed))
}

func (t *tokens) mac(signed string) []byte {
	h := hmac.New(sha256.New, t.key)
	h.Write([]byte(signed))
	return h.Sum(nil)
}

// decode gives the claims of a token that this simulator has signed, expired or not.
func (t *tokens) decode(token string) (c claims, ok bool) {
	if len(token) > maxTokenLength {
		return claims{}, false
	}
	t.mu.RLock()
	c, ok = t.cached[token]
	t.mu.RUnlock()
	if ok {
		return c, true
	}
	dot := strings.LastIndexByte(token, '.')
	if dot < 0 || !strings.HasPrefix(token, tokenHead) || dot < len(tokenHead) {
		return claims{}, false
	}
	mac, err := base64.RawURLEncoding.Strict().DecodeString(token[dot+1:])
	if err != nil || !hmac.Equal(mac, t.mac(token[:dot])) {
		return claims{}, false
	}
	payload, err := base64.RawURLEncoding.DecodeString(token[len(tokenHead):dot])
	if err != nil || json.Unmarshal(payload, &c) != nil {
		return claims{}, false
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.cached) >= tokensCached {
		clear(t.cached)
	}
	t.cached[strings.Clone(token)] = c
	return c, true
}

// authenticate says who calls.
func (s *Server) authenticate(c *call) (claims, *world.Refusal) {
	values := c.request.Header["Authorization"]
	if len(values) == 0 || values[0] == "" {
		return claims{}, errNoToken
	}
	scheme, token, _ := strings.Cut(values[0], " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return claims{}, errBadToken
	}
	who, ok := s.tokens.decode(strings.TrimSpace(token))
	if !ok || who.Use != "access" || s.Clock.Machine().Unix() >= who.Expires || s.tokens.isRevoked(who.Number) {
		return claims{}, errBadToken
	}
	if _, struck := c.behave.Ask(behaviours.TokenExpired); struck {
		s.tokens.revoke(who.Number)
		return claims{}, errBadToken
	}
	return who, nil
}

// signIn is the identity provider's token endpoint, /{tenant}/oauth2/token (v1) and /{tenant}/oauth2/v2.0/token.
func (s *Server) signIn(w http.ResponseWriter, r *http.Request) {
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	newer := rest == "oauth2/v2.0/token"
	if tenant == "" || rest != "oauth2/token" && !newer {
		s.noSuchPath(w, r)
		return
	}
	c := s.begin(traffic.Token, r)
	defer c.end()
	c.behave = s.Behaviours.Call(c.op.String(), c.customer)
	s.Tally.Arrived(c.now, traffic.SignIn, false)
	form, err := url.Values{}, error(nil)
	if c.read(w) == nil {
		form, err = url.ParseQuery(string(c.body))
	}
	if r.Method != http.MethodPost || err != nil {
		s.refuseSignIn(w, c, errForm)
		return
	}
	rule, struck := s.plan(c)
	if struck && s.before(w, c, &rule) {
		return
	}
	problem := s.grant(c, form, tenant, newer)
	if struck && s.after(w, c, &rule) {
		return
	}
	if problem != nil {
		s.refuseSignIn(w, c, *problem)
		return
	}
	s.answer(w, c, http.StatusOK)
}

// signInProblem is an answer of the identity provider, which has errors of its own.
type signInProblem struct {
	status int
	word   string
	code   int
	text   string
}

var (
	errForm    = signInProblem{400, "invalid_request", 900144, "The request body must be a form and contain the following parameter: 'grant_type'."}
	errGrant   = signInProblem{400, "unsupported_grant_type", 70003, "The app requested an unsupported grant type."}
	errRefresh = signInProblem{400, "invalid_grant", 70008, "The provided refresh token has expired or is not valid."}
	errNoApp   = signInProblem{400, "unauthorized_client", 700016, "The application was not found in the directory."}
	errSecret  = signInProblem{401, "invalid_client", 7000215, "Invalid client secret is provided."}
)

// grant writes the token answer, or says what is wrong.
func (s *Server) grant(c *call, form url.Values, tenant string, newer bool) *signInProblem {
	switch {
	case form.Get("client_id") == "" || s.ClientID != "" && form.Get("client_id") != s.ClientID:
		return &errNoApp
	case form.Get("client_secret") == "" || s.ClientSecret != "" && form.Get("client_secret") != s.ClientSecret:
		return &errSecret
	}
	now := s.Clock.Machine().Unix()
	access := claims{
		Tenant: tenant, App: form.Get("client_id"), Use: "access", Issued: now,
		Expires: now + int64(s.TokenLifetime/time.Second), Number: s.made.Add(1),
	}
	switch form.Get("grant_type") {
	case "client_credentials":
	case "refresh_token":
		old, ok := s.tokens.decode(form.Get("refresh_token"))
		if form.Get("refresh_token") != seed.RefreshToken && (!ok || old.Use != "refresh" || now >= old.Expires) {
			return &errRefresh
		}
		access.User = "admin@partner.example"
	case "":
		return &errForm
	default:
		return &errGrant
	}
	c.out = s.appendGrant(c.out, access, form.Get("resource"), newer)
	return nil
}

// appendGrant writes the answer: lifetimes are strings in the v1 form and a number in the newer one.
func (s *Server) appendGrant(b []byte, access claims, resource string, newer bool) []byte {
	life := strconv.FormatInt(access.Expires-access.Issued, 10)
	b = append(b, `{"token_type":"Bearer"`...)
	if access.User != "" {
		b = append(b, `,"scope":"user_impersonation"`...)
	}
	if newer {
		b = append(append(b, `,"expires_in":`...), life...)
		b = append(append(b, `,"ext_expires_in":`...), life...)
	} else {
		b = append(append(b, `,"expires_in":"`...), life...)
		b = append(append(b, `","ext_expires_in":"`...), life...)
		b = strconv.AppendInt(append(b, `","expires_on":"`...), access.Expires, 10)
		b = strconv.AppendInt(append(b, `","not_before":"`...), access.Issued, 10)
		b = appendText(append(b, `","resource":`...), resource)
	}
	b = append(append(b, `,"access_token":"`...), s.tokens.sign(access)...)
	if access.User != "" {
		refresh := access
		refresh.Use, refresh.Expires = "refresh", access.Issued+int64(refreshLifetime/time.Second)
		refresh.Number = s.made.Add(1)
		b = append(append(b, `","refresh_token":"`...), s.tokens.sign(refresh)...)
	}
	return append(b, `"}`...)
}

func (s *Server) refuseSignIn(w http.ResponseWriter, c *call, p signInProblem) {
	code := strconv.Itoa(p.code)
	c.out = appendText(append(c.out[:0], `{"error":`...), p.word)
	c.out = appendText(append(c.out, `,"error_description":`...), "AADSTS"+code+": "+p.text)
	c.out = append(append(append(c.out, `,"error_codes":[`...), code...), `],"timestamp":"`...)
	c.out = s.Clock.Machine().UTC().AppendFormat(c.out, "2006-01-02 15:04:05Z")
	c.out = appendText(append(c.out, `","trace_id":`...), c.header[0])
	c.out = appendText(append(c.out, `,"correlation_id":`...), c.header[1])
	c.out = append(c.out, '}')
	s.answer(w, c, p.status)
}
