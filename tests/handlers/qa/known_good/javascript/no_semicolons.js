const make = () => {
  return 1
}

[...warnings, ...(force ? errors : [])].forEach((failure, i) => {})
