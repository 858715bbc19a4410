package stack

// Function is a function of the template; Method and Path are of its first
// HTTP route, empty where it has none.
type Function struct{ Name, Method, Path string }

// Functions lists the template's functions.
func (s *Stack) Functions() []Function {
	var functions []Function
	now := s.current()
	for _, f := range now.functions {
		one := Function{Name: f.Folder}
		for _, route := range now.http.Routes {
			if route.Function == f.Folder {
				one.Method, one.Path = route.Method, route.Path
				break
			}
		}
		functions = append(functions, one)
	}
	return functions
}

// Program says how a function is started: its binary and its environment, but
// for the address of a runtime API.
func (s *Stack) Program(function string) (binary string, env []string, err error) {
	return s.lambda.Program(function)
}
