package stack

// Function is a function of the template; Method and Path are of its first
// HTTP route, empty where it has none.
type Function struct{ Name, Method, Path string }

// Functions lists the template's functions.
func (s *Stack) Functions() []Function {
	var functions []Function
	res := s.reload()
	for _, f := range res.functions {
		function := Function{Name: f.Folder}
		for _, route := range res.httpAPI.Routes {
			if route.Function == f.Folder {
				function.Method, function.Path = route.Method, route.Path
				break
			}
		}
		functions = append(functions, function)
	}
	return functions
}

// Program says how a function is started: its binary and its environment, but
// for the address of a runtime API.
func (s *Stack) Program(function string) (binary string, env []string, err error) {
	return s.lambda.Program(function)
}
