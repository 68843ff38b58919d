package cloudformation

import (
	"fmt"
	"strings"
)

// Physical is a created resource.
type Physical struct {
	// Ref is the value of {"Ref": …} for the resource.
	Ref string
	// Attributes are the values of {"Fn::GetAtt": …}, by attribute name.
	Attributes map[string]string
}

// Resolver replaces intrinsic functions with their values.
type Resolver struct {
	// Pseudo are the pseudo parameters, such as AWS::Region.
	Pseudo map[string]string
	// Resource returns a resource by its logical ID, and first creates it if it doesn't exist yet.
	Resource func(id string) (Physical, error)
}

// Resolve replaces every intrinsic function in a value produced by
// [json.Unmarshal]. An intrinsic function that the local stack doesn't know is an error.
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

func (r Resolver) call(name string, argument any) (string, error) {
	id, isText := argument.(string)
	list, _ := argument.([]any)
	switch {
	case name == "Ref" && isText:
		if value, ok := r.Pseudo[id]; ok {
			return value, nil
		}
		resource, err := r.Resource(id)
		return resource.Ref, err
	case name == "Fn::GetAtt" && len(list) == 2:
		resource, err := r.Resource(fmt.Sprint(list[0]))
		value, ok := resource.Attributes[fmt.Sprint(list[1])]
		if err == nil && !ok {
			err = fmt.Errorf("needs %s of %q, which the local stack does not have", list[1], list[0])
		}
		return value, err
	case name == "Fn::Join" && len(list) == 2:
		return r.join(fmt.Sprint(list[0]), list[1])
	}
	return "", fmt.Errorf("%s %v is not supported by the local stack", name, argument)
}

func (r Resolver) join(delimiter string, parts any) (string, error) {
	resolved, err := r.Resolve(parts)
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
