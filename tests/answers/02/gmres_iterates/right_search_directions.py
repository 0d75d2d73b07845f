# Different: no basis of the space and no solve; search directions whose images under M are orthonormal (Orthodir).
def gmres_iterates(A, b, K):
    M = torch.eye(len(b)) - A
    x, r = torch.zeros(len(b)), b.clone()
    xs, P, Q = [x], [], []  # Q holds M p for each p in P
    p = b.clone()
    for k in range(K):
        q = M @ p
        before = q.norm()
        for _ in range(2):
            for old_p, old_q in zip(P, Q):
                c = old_q @ q
                p, q = p - c * old_p, q - c * old_q
        if k < len(b) and q.norm() > 1e-13 * before:
            p, q = p / q.norm(), q / q.norm()
            step = q @ r
            x, r = x + step * p, r - step * q
            P.append(p)
            Q.append(q)
            p = q
        else:
            p = torch.zeros_like(b)
        xs.append(x)
    return torch.stack(xs)


def aa_from_gmres(A, b, K):
    if K == 0:
        return torch.zeros(1, len(b))
    return torch.vstack([torch.zeros(1, len(b)), torch.nn.functional.linear(gmres_iterates(A, b, K - 1), A, b)])
