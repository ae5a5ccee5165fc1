package partnercenter

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// unlike compares a document with what was read from it. It asks of each value in the document where changing it would show;
// there the value itself must stand. What shows nowhere is not known to our types.
func unlike(read answerBody, tree any) (differences []string) {
	fresh := func() answerBody { return reflect.New(reflect.TypeOf(read).Elem()).Interface().(answerBody) }
	again := func() map[string]string {
		data, err := json.Marshal(tree)
		into := fresh()
		if err != nil || decodeInto(data, into) != nil {
			return nil
		}
		return flattened(into)
	}
	base := again()
	if first := flattened(read); !reflect.DeepEqual(base, first) {
		differences = append(differences, "the order of properties matters")
	}
	leaves("", tree, func(path string, value any, put func(any)) {
		defer put(value)
		for _, marker := range markers(value) {
			put(marker)
			for at, now := range again() {
				if now == base[at] || !agrees(marker, now) {
					continue
				}
				if !agrees(value, base[at]) {
					differences = append(differences, fmt.Sprintf("%s is %v, read as %q in %s", path, value, base[at], at))
				}
				return
			}
		}
	})
	return differences
}

// markers are values that stand out, of the kinds that a value may be read as.
func markers(value any) []any {
	switch v := value.(type) {
	case string:
		return []any{"zz marker", "2031-02-03T04:05:06Z", "987654", "true", "false"}
	case json.Number:
		return []any{json.Number("987654"), json.Number("98765432")}
	case bool:
		return []any{!v}
	}
	return nil
}

// agrees says whether what was read is what the document says, told apart from the reader's own ways where that matters.
func agrees(said any, read string) bool {
	text := fmt.Sprint(said)
	if read == text || read == strings.ToLower(text) || read == snake(strings.TrimSpace(text)) {
		return true
	}
	a, okA := new(big.Rat).SetString(text)
	b, okB := new(big.Rat).SetString(read)
	if okA && okB {
		return a.Cmp(b) == 0
	}
	at, isDate := said.(string)
	at = strings.ReplaceAll(strings.ReplaceAll(at, " ", ""), "TT", "T")
	if !isDate || len(at) < len("2006-01-02T15:04:05") {
		return false
	}
	if !strings.HasSuffix(at, "Z") && !strings.ContainsAny(at[19:], "+-") {
		at += "Z"
	}
	t, err := time.Parse(time.RFC3339Nano, at)
	return err == nil && (read == t.UTC().Format(time.RFC3339Nano) || t.Year() == 1 && read == "")
}

// leaves visits the scalars of a document. put replaces one.
func leaves(path string, tree any, visit func(path string, value any, put func(any))) {
	each := func(key string, value any, put func(any)) {
		switch value.(type) {
		case map[string]any, []any:
			leaves(path+"/"+key, value, visit)
		default:
			visit(path+"/"+key, value, put)
		}
	}
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			each(key, value, func(v any) { node[key] = v })
		}
	case []any:
		for i, value := range node {
			each(strconv.Itoa(i), value, func(v any) { node[i] = v })
		}
	}
}

// flattened gives the scalars of what was read, by their place.
func flattened(read answerBody) map[string]string {
	all := map[string]string{}
	flatten("", reflect.ValueOf(read), all)
	return all
}

func flatten(path string, v reflect.Value, all map[string]string) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			flatten(path, v.Elem(), all)
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			t := reflect.NewAt(v.Type(), unsafe.Pointer(v.UnsafeAddr())).Elem().Interface().(time.Time)
			if all[path] = ""; !t.IsZero() {
				all[path] = t.Format(time.RFC3339Nano)
			}
			return
		}
		for i := range v.NumField() {
			if name := v.Type().Field(i).Name; name != "document" && name != "next" {
				flatten(path+"."+name, v.Field(i), all)
			}
		}
	case reflect.Slice:
		for i := range v.Len() {
			flatten(fmt.Sprintf("%s[%d]", path, i), v.Index(i), all)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			all[path+"["+key.String()+"]"] = v.MapIndex(key).String()
		}
	default:
		all[path] = fmt.Sprint(v)
	}
}

// TestFixturesFillEveryField: a field that no fixture fills may be one that the reader never finds.
func TestFixturesFillEveryField(t *testing.T) {
	t.Parallel()
	filled, fields := map[string]bool{}, map[string]bool{}
	for _, name := range fixtureNames(t) {
		into := decoders[fixtureKind(name)]()
		if name != "empty" {
			_ = decodeInto([]byte(fixture(t, name)), into)
		}
		mark(reflect.ValueOf(into), filled)
	}
	for _, fresh := range decoders {
		list(reflect.TypeOf(fresh()), fields)
	}
	for field := range fields {
		if !filled[field] {
			t.Errorf("no fixture fills %s", field)
		}
	}
}

// mark notes the exported fields that are not zero.
func mark(v reflect.Value, filled map[string]bool) {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			mark(v.Elem(), filled)
		}
	case reflect.Slice:
		for i := range v.Len() {
			mark(v.Index(i), filled)
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if !v.Field(i).IsZero() {
				filled[v.Type().String()+"."+v.Type().Field(i).Name] = true
			}
			mark(v.Field(i), filled)
		}
	}
}

// list gives the exported fields of a type of ours and of those inside it.
func list(kind reflect.Type, fields map[string]bool) {
	switch kind.Kind() {
	case reflect.Pointer, reflect.Slice:
		list(kind.Elem(), fields)
	case reflect.Struct:
		if kind == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range kind.NumField() {
			if f := kind.Field(i); f.IsExported() && !f.Anonymous {
				fields[kind.String()+"."+f.Name] = true
			}
			list(kind.Field(i).Type, fields)
		}
	}
}

func TestUnlikeFindsWhatIsMisread(t *testing.T) {
	t.Parallel()
	for said, read := range map[string]string{"Active": "suspended", "12": "13", "2026-01-01T00:00:00": "2026-01-01T01:00:00Z", "true": "false"} {
		if agrees(said, read) {
			t.Errorf("%q counts as %q", read, said)
		}
	}
	into := &Registration{SubscriptionID: "s", Status: "registered"}
	if found := unlike(into, map[string]any{"subscriptionId": "s", "status": "NotRegistered"}); len(found) == 0 {
		t.Error("a misread status is not found")
	}
}
