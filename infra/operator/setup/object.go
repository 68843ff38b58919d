package setup

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"slices"
)

// object is a JSON object whose members keep their order and their text.
type object []member

type member struct {
	name  string
	value json.RawMessage
}

// parse reads an object. Blank text is an empty one.
func parse(text []byte) (object, error) {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	if begin, err := decoder.Token(); err != nil {
		return nil, err
	} else if begin != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	var o object
	for decoder.More() {
		name, err := decoder.Token()
		if err != nil {
			return nil, err
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, err
		}
		o.set(name.(string), value) // an object's decoder gives no other token here
	}
	if _, err := decoder.Token(); err != nil { // of the end of the object
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("something follows the JSON object")
	}
	return o, nil
}

// set sets a member, the last one if it is new. It returns the value that it had.
func (o *object) set(name string, value json.RawMessage) (old json.RawMessage) {
	i := slices.IndexFunc(*o, func(m member) bool { return m.name == name })
	if i < 0 {
		*o = append(*o, member{name, value})
		return nil
	}
	old, (*o)[i].value = (*o)[i].value, value
	return old
}

// values are the members' values.
func (o object) values() map[string]json.RawMessage {
	return maps.Collect(func(yield func(string, json.RawMessage) bool) {
		for _, m := range o {
			if !yield(m.name, m.value) {
				return
			}
		}
	})
}

// text is the object as the CDK CLI writes it.
func (o object) text() ([]byte, error) {
	var compact, indented bytes.Buffer
	compact.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			compact.WriteByte(',')
		}
		compact.Write(slices.Concat(encode(m.name), []byte(":"), m.value))
	}
	compact.WriteByte('}')
	err := json.Indent(&indented, compact.Bytes(), "", "  ")
	indented.WriteByte('\n')
	return indented.Bytes(), err
}

// encode is a text as JSON, in which < and & stay as they are.
func encode(text string) json.RawMessage {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	_ = encoder.Encode(text) // a text always has a form in JSON
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
