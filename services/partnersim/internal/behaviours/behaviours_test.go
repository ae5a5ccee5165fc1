package behaviours

import (
	"os"
	"strings"
	"testing"
	"time"
)

func TestRulesStrikeWhomTheyAreFor(t *testing.T) {
	t.Parallel()
	contoso, fabrikam := [16]byte{1}, [16]byte{2}
	s := New(1)
	for _, r := range []Rule{
		{Name: AnswerLost, Operation: "checkout_cart", Customer: &contoso, Skip: 1, Times: 2},
		{Name: CodeAsText},
	} {
		if _, problems := s.Add(r); len(problems) > 0 {
			t.Fatal(problems)
		}
	}
	ask := func(operation string, customer [16]byte, name Name) bool {
		c := s.Call(operation, customer)
		_, ok := c.Ask(name)
		if ok != (c.Struck() != "") {
			t.Errorf("struck %q", c.Struck())
		}
		return ok
	}
	got := []bool{
		ask("checkout_cart", contoso, AnswerLost), // skipped
		ask("checkout_cart", fabrikam, AnswerLost), ask("create_cart", contoso, AnswerLost),
		ask("checkout_cart", contoso, AnswerLost), ask("checkout_cart", contoso, AnswerLost),
		ask("checkout_cart", contoso, AnswerLost), // used up
		ask("get_order", fabrikam, CodeAsText), ask("get_order", fabrikam, ListLag),
	}
	for n, want := range []bool{false, false, false, true, true, false, true, false} {
		if got[n] != want {
			t.Errorf("call %d: got %v", n, got[n])
		}
	}
	if !s.Remove(1) || s.Remove(1) || len(s.Rules()) != 1 || s.Rules()[0].Struck != 1 {
		t.Errorf("rules: %+v", s.Rules())
	}
	s.Clear()
	if ask("get_order", fabrikam, CodeAsText) {
		t.Error("cleared, yet it strikes")
	}
}

func TestChancesComeAgainWithTheirSeed(t *testing.T) {
	t.Parallel()
	draw := func(seed uint64) string {
		struck := make([]byte, 0, 64)
		s := New(seed)
		_, _ = s.Add(Rule{Name: FailsBefore, Percent: 50})
		for range 64 {
			c := s.Call("create_cart", [16]byte{})
			if _, ok := c.Ask(FailsBefore); ok {
				struck = append(struck, 'x')
			} else {
				struck = append(struck, '.')
			}
		}
		return string(struck)
	}
	first, again, other := draw(7), draw(7), draw(8)
	if first != again || first == other {
		t.Errorf("%s\n%s\n%s", first, again, other)
	}
}

func TestRulesThatMakeNoSenseAreRefused(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]Rule{
		"no name": {}, "unknown": {Name: "dance"}, "times": {Name: AnswerLost, Times: -1}, "percent": {Name: AnswerLost, Percent: 101},
		"field": {Name: AnswerLost, For: time.Second}, "for": {Name: ListLag, For: -1}, "end": {Name: PendingReview, Text: "lost"},
		"index": {Name: PartialSuccess, Indexes: []int{-1}},
	} {
		if _, problems := New(1).Add(r); len(problems) == 0 {
			t.Errorf("%s: accepted", name)
		}
	}
}

func TestNoRulesNoBehaviour(t *testing.T) {
	t.Parallel()
	var none *Call
	if _, ok := none.Ask(AnswerLost); ok || none.Could(AnswerLost) {
		t.Error("a nil call met something")
	}
	if d := New(1).Webhook([16]byte{}); d != (Delivery{Copies: 1}) {
		t.Errorf("delivery %+v", d)
	}
}

func TestNotifications(t *testing.T) {
	t.Parallel()
	s, contoso := New(1), [16]byte{1}
	for _, r := range []Rule{
		{Name: WebhookDuplicate, Count: 3, Customer: &contoso}, {Name: WebhookDelay}, {Name: WebhookDisorder, Times: 1},
	} {
		if _, problems := s.Add(r); len(problems) > 0 {
			t.Fatal(problems)
		}
	}
	if d := s.Webhook(contoso); d != (Delivery{Copies: 3, Delay: 48 * time.Hour, HoldBack: time.Minute}) {
		t.Errorf("first: %+v", d)
	}
	if d := s.Webhook([16]byte{2}); d != (Delivery{Copies: 1, Delay: 48 * time.Hour}) {
		t.Errorf("second: %+v", d)
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	t.Parallel()
	for _, k := range Table() {
		r, problems := New(1).Add(Rule{Name: k.Name})
		if len(problems) > 0 {
			t.Errorf("%s: %v", k.Name, problems)
		}
		if k.Name == WebhookDelay && r.For != 48*time.Hour || k.Name == ListLag && r.For != 15*time.Minute || k.Name == PatchAccepted && r.Code != 900278 {
			t.Errorf("%+v", r)
		}
	}
}

// TestTheReadmeHasTheTable holds the README's table equal to the program's; on a difference it prints the rows wanted.
func TestTheReadmeHasTheTable(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	rows := make([]string, 0, len(table))
	for _, k := range table {
		asked := strings.Join(k.Asked, ", ")
		if len(k.Asked) == 0 {
			asked = "all"
		}
		rows = append(rows, "| `"+string(k.Name)+"` | "+k.Does+" | "+asked+" | "+k.Section+" |")
	}
	if want := strings.Join(rows, "\n"); !strings.Contains(string(readme), want) {
		t.Errorf("README.md must have these rows:\n%s", want)
	}
}
