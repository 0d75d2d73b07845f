# Right: a while loop that adds in place to a copy
def neumann_adjoint(matvec, v, k):
    if k < 0:
        raise ValueError("the number of products must not be negative")
    total, power, done = v.clone(), v.clone(), 0
    while done < k:
        power = matvec(power)
        total.add_(power)
        done += 1
    return total
