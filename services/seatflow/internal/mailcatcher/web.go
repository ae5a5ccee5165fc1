package mailcatcher

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/seatflow/seatflow/services/kit/fault"
)

// Bounds of a request.
const (
	defaultLimit = 50
	maxWait      = 30 * time.Second
)

var errWaitOver = errors.New("mailcatcher: wait over")

//go:embed web
var web embed.FS

var templates = template.Must(template.ParseFS(web, "web/*.html"))

// list is what GET /api/messages answers and the page shows.
type list struct {
	Total    uint64    `json:"total"`   // mails caught since the start
	Matched  int       `json:"matched"` // kept mails that match
	Messages []Message `json:"messages"`
}

// query is what a reader asks for.
type query struct {
	to, subject    string
	limit, atLeast int
	wait           time.Duration
}

type site struct {
	box *box
	log *slog.Logger
}

func handler(caught *box, log *slog.Logger) http.Handler {
	s := &site{box: caught, log: log}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", s.page)
	mux.HandleFunc("GET /messages/{id}", s.message)
	mux.HandleFunc("GET /api/messages", s.messages)
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, r *http.Request) {
		http.ServeFileFS(w, r, web, "web/style.css")
	})
	return guarded(mux)
}

// guarded lets nobody in who came by a name that is not this machine's, and lets no page do more than show text.
func guarded(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = strings.Trim(r.Host, "[]")
		}
		if !isLoopback(host) {
			http.Error(w, "The mail catcher answers to this machine's own names only.", http.StatusForbidden)
			return
		}
		next.ServeHTTP(w, r)
	})
}

func (s *site) page(w http.ResponseWriter, r *http.Request) {
	q, err := parse(r.URL.Query())
	if err != nil {
		refuse(w, err)
		return
	}
	q.limit = max(q.limit, s.box.keep)
	s.show(w, r, "list.html", s.find(r.Context(), q))
}

func (s *site) message(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.ParseUint(r.PathValue("id"), 10, 64)
	m, found := s.box.find(id)
	if err != nil || !found {
		http.Error(w, "This mail was never caught or is no longer kept.", http.StatusNotFound)
		return
	}
	s.show(w, r, "message.html", m.read())
}

func (s *site) messages(w http.ResponseWriter, r *http.Request) {
	q, err := parse(r.URL.Query())
	if err != nil {
		refuse(w, err)
		return
	}
	body, err := json.Marshal(s.find(r.Context(), q))
	if err != nil {
		s.log.ErrorContext(r.Context(), "caught mails cannot be listed", slog.String("cause", err.Error()))
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(body) // fails only when the reader is gone
}

// find answers a query, waiting if that is asked for.
func (s *site) find(ctx context.Context, q query) list {
	ctx, cancel := context.WithTimeoutCause(ctx, q.wait, errWaitOver)
	defer cancel()
	to, subject := strings.ToLower(q.to), strings.ToLower(q.subject)
	found, total := s.box.search(ctx, func(m *Message) bool {
		return strings.Contains(strings.ToLower(strings.Join(m.To, "\n")), to) && strings.Contains(strings.ToLower(m.Subject), subject)
	}, q.atLeast)
	l := list{Total: total, Matched: len(found), Messages: found[:min(len(found), q.limit)]}
	if l.Messages == nil {
		l.Messages = []Message{}
	}
	return l
}

// show renders a page to memory first, so that a fault shows as one.
func (s *site) show(w http.ResponseWriter, r *http.Request, name string, data any) {
	var page bytes.Buffer
	if err := templates.ExecuteTemplate(&page, name, data); err != nil {
		s.log.ErrorContext(r.Context(), "page cannot be rendered", slog.String("page", name), slog.String("cause", err.Error()))
		http.Error(w, "Something went wrong on our side.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = page.WriteTo(w) // fails only when the reader is gone
}

// parse reads a query; all faults are reported together, as a fault of kind Invalid.
func parse(v url.Values) (query, error) {
	q := query{to: v.Get("to"), subject: v.Get("subject"), limit: defaultLimit}
	var bad []fault.Violation
	number := func(field string, into *int) {
		if s := v.Get(field); s != "" {
			n, err := strconv.Atoi(s)
			if err != nil || n < 0 {
				bad = append(bad, fault.Violation{Field: field, Code: "not_a_count", Message: "must be a number, 0 or more"})
				return
			}
			*into = n
		}
	}
	number("limit", &q.limit)
	number("at_least", &q.atLeast)
	if s := v.Get("wait"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil || d < 0 || d > maxWait {
			bad = append(bad, fault.Violation{Field: "wait", Code: "not_a_wait", Message: "must be a duration such as 5s, 30s at most"})
		}
		q.wait = d
	}
	if len(bad) > 0 {
		return query{}, fault.New(fault.Invalid, "bad_query", "The query is faulty.").In("mailcatcher.query").With(bad...)
	}
	return q, nil
}

func refuse(w http.ResponseWriter, err error) {
	f := fault.As(err)
	text := []string{f.Message}
	for _, v := range f.Violations {
		text = append(text, v.String())
	}
	http.Error(w, strings.Join(text, "\n"), http.StatusBadRequest)
}
