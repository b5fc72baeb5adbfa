package acceptance

import "os"

// root is the root of the module.
const root = "../.."

// module is the path of the module.
const module = "github.com/azstep/azstep"

// manifest is the text of action.yml; if it cannot be read, the tests that need it
// fail.
var manifest, _ = os.ReadFile(root + "/action.yml")
