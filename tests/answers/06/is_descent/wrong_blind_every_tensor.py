# Violates: "each list is one long vector" (asks it of every tensor that both have)
def is_descent(a, b, margin=0.0):
    answers = []
    for x, y in zip(a, b):
        if x is not None and y is not None:
            x, y = x.detach().double(), y.detach().double()
            answers.append(((x * y).sum() > margin * x.norm() * y.norm()).item())
    return len(answers) > 0 and all(answers)
