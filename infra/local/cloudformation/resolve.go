package cloudformation

import (
	"fmt"
	"regexp"
	"strings"
)

// Physical is a created resource.
type Physical struct {
	// Ref is the value of {"Ref": …} to the resource.
	Ref string
	// Attributes are the values of {"Fn::GetAtt": …}, by attribute name.
	Attributes map[string]string
}

// Resolver replaces intrinsic functions with their values.
type Resolver struct {
	// Pseudo are the pseudo parameters, such as AWS::Region.
	Pseudo map[string]string
	// Created are the resources created so far, by logical ID.
	Created map[string]Physical
}

// Resolve replaces every intrinsic function in a value produced by
// [json.Unmarshal]. An unsupported function, or a reference to a resource that has
// not been created, is an error.
func (r Resolver) Resolve(value any) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		if len(value) == 1 {
			for name, argument := range value {
				if name == "Ref" || name == "Condition" || strings.HasPrefix(name, "Fn::") {
					return r.call(name, argument)
				}
			}
		}
		resolved := make(map[string]any, len(value))
		for name, element := range value {
			element, err := r.Resolve(element)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			resolved[name] = element
		}
		return resolved, nil
	case []any:
		resolved := make([]any, len(value))
		for i, element := range value {
			element, err := r.Resolve(element)
			if err != nil {
				return nil, err
			}
			resolved[i] = element
		}
		return resolved, nil
	}
	return value, nil
}

func (r Resolver) call(name string, argument any) (any, error) {
	switch name {
	case "Ref":
		id, _ := argument.(string)
		return r.ref(id)
	case "Fn::GetAtt":
		return r.getAtt(argument)
	case "Fn::Join":
		return r.join(argument)
	case "Fn::Sub":
		text, ok := argument.(string)
		if !ok {
			break
		}
		return r.sub(text)
	}
	return nil, fmt.Errorf("%s %v is not supported by the local stack", name, argument)
}

func (r Resolver) ref(id string) (string, error) {
	if value, ok := r.Pseudo[id]; ok {
		return value, nil
	}
	if resource, ok := r.Created[id]; ok {
		return resource.Ref, nil
	}
	return "", fmt.Errorf("refers to %q, which the local stack has not created", id)
}

func (r Resolver) getAtt(argument any) (string, error) {
	var id, attribute string
	switch argument := argument.(type) {
	case string:
		id, attribute, _ = strings.Cut(argument, ".")
	case []any:
		if len(argument) == 2 {
			id, _ = argument[0].(string)
			attribute, _ = argument[1].(string)
		}
	}
	if value, ok := r.Created[id].Attributes[attribute]; ok {
		return value, nil
	}
	return "", fmt.Errorf("needs %s of %q, which the local stack does not have", attribute, id)
}

func (r Resolver) join(argument any) (string, error) {
	parts, _ := argument.([]any)
	if len(parts) != 2 {
		return "", fmt.Errorf("Fn::Join %v needs a delimiter and a list", argument)
	}
	delimiter, _ := parts[0].(string)
	resolved, err := r.Resolve(parts[1])
	if err != nil {
		return "", err
	}
	list, _ := resolved.([]any)
	texts := make([]string, len(list))
	for i, element := range list {
		texts[i] = fmt.Sprint(element)
	}
	return strings.Join(texts, delimiter), nil
}

var placeholder = regexp.MustCompile(`\$\{[^}]+\}`)

func (r Resolver) sub(text string) (result string, err error) {
	result = placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := match[2 : len(match)-1]
		var value string
		var failed error
		if strings.HasPrefix(name, "!") {
			return "${" + name[1:] + "}"
		} else if strings.Contains(name, ".") {
			value, failed = r.getAtt(name)
		} else {
			value, failed = r.ref(name)
		}
		if failed != nil {
			err = failed
		}
		return value
	})
	return result, err
}
