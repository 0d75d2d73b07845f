# Wrong: an absolute error.
def backward_error(J, v, tol):
    errors, products = [], []
    for A, b in zip(J, v):
        exact = torch.linalg.solve(torch.eye(len(b)) - A.T, b)
        u, k = b, 0
        while True:
            new = A.T @ u + b
            k += 1
            if (new - u).norm() <= tol * b.norm():
                break
            u = new
        errors.append((u - exact).norm())
        products.append(float(k))
    return torch.stack(errors), torch.tensor(products)
